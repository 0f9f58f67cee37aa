# distance.svg, drawn again by: gnuplot distance.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,352 dynamic font 'sans-serif,15' name 'distance'
set output 'distance.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.957386
set bmargin at screen 0.227273
set label 'classes of random labels' at graph 0.5, screen 0.113636 center
set key at screen 0.150000, screen 0.079545 left top Left reverse samplen 1.6 width 1 maxrows 1
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'KNN distance, grey levels' at screen 0.035, graph 0.5 center rotate by 90
set xrange [-0.5:5.5]
set xtics ('1' 0, '2' 1, '4' 2, '8' 3, 'none' 4, 'unique' 5)
set yrange [0:*]
$data0 << EOD
-0.06 10.04240093 0 0
0.94 9.28593201 0 0
1.94 9.657525755 0 0
3.94 9.315005135 0 0
4.94 10.6931561 0 0
EOD
# |D| = 16
$data1 << EOD
-0.06 10.09224156 0 0
-0.06 9.554165565 0 0
-0.06 10.48079566 0 0
0.94 8.890869037 0 0
0.94 10.01492604 0 0
0.94 8.952000954 0 0
1.94 11.31407417 0 0
1.94 9.438898033 0 0
1.94 8.219605064 0 0
3.94 9.023242479 0 0
3.94 9.324571973 0 0
3.94 9.597200953 0 0
4.94 11.89414024 0 0
4.94 10.09532322 0 0
4.94 10.09000484 0 0
EOD
$data2 << EOD
0.06 17.01517274 0 0
1.06 15.48650328 0 0
2.06 13.35561494 0 0
3.06 13.29897398 0 0
4.06 16.41879832 0 0
5.06 16.41246364 0 0
EOD
# |D| = 32
$data3 << EOD
0.06 17.13763368 0 0
0.06 17.46535677 0 0
0.06 16.44252777 0 0
1.06 15.83594693 0 0
1.06 16.10974843 0 0
1.06 14.51381448 0 0
2.06 14.26411975 0 0
2.06 13.53042698 0 0
2.06 12.27229808 0 0
3.06 14.9687038 0 0
3.06 12.91509408 0 0
3.06 12.01312407 0 0
4.06 16.69338044 0 0
4.06 16.34823055 0 0
4.06 16.21478397 0 0
5.06 17.14812055 0 0
5.06 16.40160162 0 0
5.06 15.68766874 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title '|D| = 16', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title '|D| = 32'
