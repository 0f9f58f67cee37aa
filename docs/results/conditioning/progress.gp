# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,594 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.974747
set bmargin at screen 0.542088
set label 'steps' at graph 0.5, screen 0.474747 center
set key at screen 0.150000, screen 0.454545 left top Left reverse samplen 1.6 width 1 maxrows 12
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
# none, |D| = 10
$data0 << EOD
500 51.46666667 0 0
1000 93.86666667 0 0
EOD
# none, |D| = 16
$data1 << EOD
500 21.86666667 0 0
1000 77 0 0
EOD
# none, |D| = 32
$data2 << EOD
500 2 0 0
1000 29.66666667 0 0
EOD
# true, |D| = 10
$data3 << EOD
500 51 0 0
1000 90.4 0 0
EOD
# true, |D| = 16
$data4 << EOD
500 36.93333333 0 0
1000 79.06666667 0 0
EOD
# true, |D| = 32
$data5 << EOD
500 13.33333333 0 0
1000 54.46666667 0 0
EOD
# random, |D| = 10
$data6 << EOD
500 44.6 0 0
1000 78.46666667 0 0
EOD
# random, |D| = 16
$data7 << EOD
500 35.73333333 0 0
1000 76.53333333 0 0
EOD
# random, |D| = 32
$data8 << EOD
500 15.53333333 0 0
1000 62.26666667 0 0
EOD
# unique, |D| = 10
$data9 << EOD
500 51 0 0
1000 90.4 0 0
EOD
# unique, |D| = 16
$data10 << EOD
500 41.2 0 0
1000 80.66666667 0 0
EOD
# unique, |D| = 32
$data11 << EOD
500 30.86666667 0 0
1000 63.13333333 0 0
EOD
plot $data0 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'none, |D| = 10', \
  $data1 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'none, |D| = 16', \
  $data2 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#009e73' title 'none, |D| = 32', \
  $data3 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#b3589a' title 'true, |D| = 10', \
  $data4 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#8a6d00' title 'true, |D| = 16', \
  $data5 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#56606b' title 'true, |D| = 32', \
  $data6 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'random, |D| = 10', \
  $data7 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#d55e00' title 'random, |D| = 16', \
  $data8 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#009e73' title 'random, |D| = 32', \
  $data9 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#b3589a' title 'unique, |D| = 10', \
  $data10 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#8a6d00' title 'unique, |D| = 16', \
  $data11 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#56606b' title 'unique, |D| = 32'
