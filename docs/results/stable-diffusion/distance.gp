# distance.svg, drawn again by: gnuplot distance.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,352 dynamic font 'sans-serif,15' name 'distance'
set output 'distance.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.957386
set bmargin at screen 0.227273
set label 'training images |D|, log axis' at graph 0.5, screen 0.113636 center
set key at screen 0.150000, screen 0.079545 left top Left reverse samplen 1.6 width 1 maxrows 1
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'KNN distance, grey levels' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [7.692307692:52]
set xtics ('10' 10, '20' 20, '40' 40)
set yrange [0:*]
$data0 << EOD
10 11.0932517 0 0
20 13.93466703 0 0
40 22.452744 0 0
EOD
# plain
$data1 << EOD
10 11.13424232 0 0
10 11.10759233 0 0
10 11.03792046 0 0
20 13.81111903 0 0
20 13.8359911 0 0
20 14.15689098 0 0
40 22.64750576 0 0
40 22.17279097 0 0
40 22.53793527 0 0
EOD
$data2 << EOD
10 10.42018035 0 0
20 12.12143101 0 0
40 16.64216432 0 0
EOD
# class
$data3 << EOD
10 10.4551903 0 0
10 10.37987563 0 0
10 10.42547512 0 0
20 12.18763031 0 0
20 12.03025683 0 0
20 12.14640589 0 0
40 17.2392538 0 0
40 16.35811751 0 0
40 16.32912165 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'plain', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'class'
