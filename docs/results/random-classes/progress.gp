# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,572 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.973776
set bmargin at screen 0.524476
set label 'steps' at graph 0.5, screen 0.454545 center
set key at screen 0.150000, screen 0.433566 left top Left reverse samplen 1.6 width 1 maxrows 11
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'memorized images, %' at screen 0.035, graph 0.5 center rotate by 90
set xrange [0:1000]
set xtics 200
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
# classes 1, |D| = 16
$data0 << EOD
500 22.06666667 0 0
1000 78.13333333 0 0
EOD
# classes 1, |D| = 32
$data1 << EOD
500 2.266666667 0 0
1000 29.93333333 0 0
EOD
# classes 2, |D| = 16
$data2 << EOD
500 30.26666667 0 0
1000 83.06666667 0 0
EOD
# classes 2, |D| = 32
$data3 << EOD
500 3.466666667 0 0
1000 40.73333333 0 0
EOD
# classes 4, |D| = 16
$data4 << EOD
500 37.73333333 0 0
1000 83.73333333 0 0
EOD
# classes 4, |D| = 32
$data5 << EOD
500 6.6 0 0
1000 56.93333333 0 0
EOD
# classes 8, |D| = 32
$data6 << EOD
500 12.06666667 0 0
1000 62.26666667 0 0
EOD
# classes none, |D| = 16
$data7 << EOD
500 21.86666667 0 0
1000 77 0 0
EOD
# classes none, |D| = 32
$data8 << EOD
500 2 0 0
1000 29.66666667 0 0
EOD
# classes unique, |D| = 16
$data9 << EOD
500 41.2 0 0
1000 80.66666667 0 0
EOD
# classes unique, |D| = 32
$data10 << EOD
500 30.86666667 0 0
1000 63.13333333 0 0
EOD
plot $data0 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'classes 1, |D| = 16', \
  $data1 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'classes 1, |D| = 32', \
  $data2 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#009e73' title 'classes 2, |D| = 16', \
  $data3 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#b3589a' title 'classes 2, |D| = 32', \
  $data4 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#8a6d00' title 'classes 4, |D| = 16', \
  $data5 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#56606b' title 'classes 4, |D| = 32', \
  $data6 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'classes 8, |D| = 32', \
  $data7 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#d55e00' title 'classes none, |D| = 16', \
  $data8 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#009e73' title 'classes none, |D| = 32', \
  $data9 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#b3589a' title 'classes unique, |D| = 16', \
  $data10 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#8a6d00' title 'classes unique, |D| = 32'
