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
set xrange [7.692307692:41.6]
set xtics ('10' 10, '16' 16, '32' 32)
set yrange [0:*]
$data0 << EOD
10 7.400485408 0 0
16 9.315005135 0 0
32 16.41879832 0 0
EOD
# none
$data1 << EOD
10 6.358571674 0 0
10 7.938349807 0 0
10 7.904534743 0 0
16 9.023242479 0 0
16 9.324571973 0 0
16 9.597200953 0 0
32 16.69338044 0 0
32 16.34823055 0 0
32 16.21478397 0 0
EOD
$data2 << EOD
10 8.648257815 0 0
16 10.95672813 0 0
32 14.22920626 0 0
EOD
# true
$data3 << EOD
10 8.762149396 0 0
10 9.042635899 0 0
10 8.13998815 0 0
16 10.79461244 0 0
16 12.08370374 0 0
16 9.991868205 0 0
32 14.13952816 0 0
32 15.1634319 0 0
32 13.38465873 0 0
EOD
$data4 << EOD
10 12.54604137 0 0
16 10.25379487 0 0
32 13.57848571 0 0
EOD
# random
$data5 << EOD
10 14.9157112 0 0
10 11.21825142 0 0
10 11.50416149 0 0
16 10.742138 0 0
16 9.862335068 0 0
16 10.15691153 0 0
32 13.25724103 0 0
32 14.4608963 0 0
32 13.0173198 0 0
EOD
$data6 << EOD
10 8.648257815 0 0
16 10.6931561 0 0
32 16.41246364 0 0
EOD
# unique
$data7 << EOD
10 8.762149396 0 0
10 9.042635899 0 0
10 8.13998815 0 0
16 11.89414024 0 0
16 10.09532322 0 0
16 10.09000484 0 0
32 17.14812055 0 0
32 16.40160162 0 0
32 15.68766874 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'none', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'true', \
  $data4 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data5 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'random', \
  $data6 using 1:2 with lines lw 2.5 dt 1 lc rgb '#b3589a' notitle, \
  $data7 using 1:2 with points pt 13 ps 0.7 lc rgb '#b3589a' title 'unique'
