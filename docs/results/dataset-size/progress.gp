# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,506 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.970356
set bmargin at screen 0.462451
set label 'steps' at graph 0.5, screen 0.383399 center
set key at screen 0.150000, screen 0.359684 left top Left reverse samplen 1.6 width 1 maxrows 8
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
$data0 << EOD
250 53 0 0
500 99.4 0 0
EOD
$data1 << EOD
250 50.4 0 0
500 99.2 0 0
EOD
$data2 << EOD
250 59.8 0 0
500 99.4 0 0
EOD
$data3 << EOD
250 5.4 0 0
500 81.2 0 0
EOD
$data4 << EOD
250 6.6 0 0
500 81.6 0 0
EOD
$data5 << EOD
250 5 0 0
500 85.4 0 0
EOD
$data6 << EOD
250 0 0 0
500 34.4 0 0
EOD
$data7 << EOD
250 0 0 0
500 30.6 0 0
EOD
$data8 << EOD
250 0.2 0 0
500 27 0 0
EOD
$data9 << EOD
250 0 0 0
500 0 0 0
EOD
$data10 << EOD
250 0 0 0
500 0 0 0
EOD
$data11 << EOD
250 0 0 0
500 0 0 0
EOD
$data12 << EOD
500 99.4 0 0
1000 100 0 0
EOD
$data13 << EOD
500 99.2 0 0
1000 100 0 0
EOD
$data14 << EOD
500 99.4 0 0
1000 100 0 0
EOD
$data15 << EOD
500 81.2 0 0
1000 99.8 0 0
EOD
$data16 << EOD
500 81.6 0 0
1000 97.8 0 0
EOD
$data17 << EOD
500 85.4 0 0
1000 99.6 0 0
EOD
$data18 << EOD
500 34.4 0 0
1000 89 0 0
EOD
$data19 << EOD
500 30.6 0 0
1000 85 0 0
EOD
$data20 << EOD
500 27 0 0
1000 81 0 0
EOD
$data21 << EOD
500 0 0 0
1000 2 0 0
EOD
$data22 << EOD
500 0 0 0
1000 2 0 0
EOD
$data23 << EOD
500 0 0 0
1000 1.4 0 0
EOD
# length 500, |D| = 8
$data24 << EOD
250 54.4 0 0
500 99.33333333 0 0
EOD
# length 500, |D| = 16
$data25 << EOD
250 5.666666667 0 0
500 82.73333333 0 0
EOD
# length 500, |D| = 32
$data26 << EOD
250 0.06666666667 0 0
500 30.66666667 0 0
EOD
# length 500, |D| = 128
$data27 << EOD
250 0 0 0
500 0 0 0
EOD
# length 1000, |D| = 8
$data28 << EOD
500 99.33333333 0 0
1000 100 0 0
EOD
# length 1000, |D| = 16
$data29 << EOD
500 82.73333333 0 0
1000 99.06666667 0 0
EOD
# length 1000, |D| = 32
$data30 << EOD
500 30.66666667 0 0
1000 85 0 0
EOD
# length 1000, |D| = 128
$data31 << EOD
500 0 0 0
1000 1.8 0 0
EOD
plot $data0 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data3 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data4 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data5 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data6 using 1:2 with lines lw 0.6 lc rgb '#009e73' notitle, \
  $data7 using 1:2 with lines lw 0.6 lc rgb '#009e73' notitle, \
  $data8 using 1:2 with lines lw 0.6 lc rgb '#009e73' notitle, \
  $data9 using 1:2 with lines lw 0.6 lc rgb '#b3589a' notitle, \
  $data10 using 1:2 with lines lw 0.6 lc rgb '#b3589a' notitle, \
  $data11 using 1:2 with lines lw 0.6 lc rgb '#b3589a' notitle, \
  $data12 using 1:2 with lines lw 0.6 lc rgb '#8a6d00' notitle, \
  $data13 using 1:2 with lines lw 0.6 lc rgb '#8a6d00' notitle, \
  $data14 using 1:2 with lines lw 0.6 lc rgb '#8a6d00' notitle, \
  $data15 using 1:2 with lines lw 0.6 lc rgb '#56606b' notitle, \
  $data16 using 1:2 with lines lw 0.6 lc rgb '#56606b' notitle, \
  $data17 using 1:2 with lines lw 0.6 lc rgb '#56606b' notitle, \
  $data18 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data19 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data20 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data21 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data22 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data23 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data24 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'length 500, |D| = 8', \
  $data25 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'length 500, |D| = 16', \
  $data26 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#009e73' title 'length 500, |D| = 32', \
  $data27 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#b3589a' title 'length 500, |D| = 128', \
  $data28 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#8a6d00' title 'length 1000, |D| = 8', \
  $data29 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#56606b' title 'length 1000, |D| = 16', \
  $data30 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'length 1000, |D| = 32', \
  $data31 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#d55e00' title 'length 1000, |D| = 128'
