# distance.svg, drawn again by: gnuplot distance.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,374 dynamic font 'sans-serif,15' name 'distance'
set output 'distance.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.959893
set bmargin at screen 0.272727
set label 'training images |D|, log axis' at graph 0.5, screen 0.165775 center
set key at screen 0.150000, screen 0.133690 left top Left reverse samplen 1.6 width 1 maxrows 2
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'KNN distance, grey levels' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [6.153846154:41.6]
set xtics ('8' 8, '16' 16, '32' 32)
set yrange [0:*]
$data0 << EOD
8 16.86451164 0 0
16 17.38790921 0 0
32 25.69864428 0 0
EOD
# resolution 16
$data1 << EOD
8 15.94564404 0 0
8 15.40961511 0 0
8 19.23827579 0 0
16 15.52031164 0 0
16 17.21208008 0 0
16 19.43133591 0 0
32 23.30288138 0 0
32 25.82454253 0 0
32 27.96850892 0 0
EOD
$data2 << EOD
8 6.754603392 0 0
16 9.315005135 0 0
32 16.41879832 0 0
EOD
# resolution 8
$data3 << EOD
8 6.80855684 0 0
8 6.231644355 0 0
8 7.223608982 0 0
16 9.023242479 0 0
16 9.324571973 0 0
16 9.597200953 0 0
32 16.69338044 0 0
32 16.34823055 0 0
32 16.21478397 0 0
EOD
$data4 << EOD
8 10.29126859 0 0
16 14.81929446 0 0
32 20.06628504 0 0
EOD
# resolution 4
$data5 << EOD
8 11.57194322 0 0
8 9.729625155 0 0
8 9.572237399 0 0
16 15.02698617 0 0
16 15.31674363 0 0
16 14.11415358 0 0
32 19.51521942 0 0
32 20.51559888 0 0
32 20.16803681 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'resolution 16', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'resolution 8', \
  $data4 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data5 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'resolution 4'
