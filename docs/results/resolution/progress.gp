# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,528 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.971591
set bmargin at screen 0.484848
set label 'steps' at graph 0.5, screen 0.409091 center
set key at screen 0.150000, screen 0.386364 left top Left reverse samplen 1.6 width 1 maxrows 9
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
500 39 0 0
1000 75.6 0 0
EOD
$data1 << EOD
500 38.6 0 0
1000 77 0 0
EOD
$data2 << EOD
500 35.4 0 0
1000 69 0 0
EOD
$data3 << EOD
500 19 0 0
1000 67.2 0 0
EOD
$data4 << EOD
500 21 0 0
1000 64.4 0 0
EOD
$data5 << EOD
500 20.6 0 0
1000 60 0 0
EOD
$data6 << EOD
500 1.4 0 0
1000 34 0 0
EOD
$data7 << EOD
500 2.4 0 0
1000 29.6 0 0
EOD
$data8 << EOD
500 3.8 0 0
1000 27.6 0 0
EOD
$data9 << EOD
500 58.4 0 0
1000 95.4 0 0
EOD
$data10 << EOD
500 55.6 0 0
1000 96.2 0 0
EOD
$data11 << EOD
500 58.4 0 0
1000 95.2 0 0
EOD
$data12 << EOD
500 20.6 0 0
1000 80.4 0 0
EOD
$data13 << EOD
500 25 0 0
1000 74.4 0 0
EOD
$data14 << EOD
500 20 0 0
1000 76.2 0 0
EOD
$data15 << EOD
500 2.4 0 0
1000 27.2 0 0
EOD
$data16 << EOD
500 2 0 0
1000 31.8 0 0
EOD
$data17 << EOD
500 1.6 0 0
1000 30 0 0
EOD
$data18 << EOD
500 25.8 0 0
1000 60.4 0 0
EOD
$data19 << EOD
500 30.2 0 0
1000 72 0 0
EOD
$data20 << EOD
500 28 0 0
1000 71.6 0 0
EOD
$data21 << EOD
500 4.6 0 0
1000 22.2 0 0
EOD
$data22 << EOD
500 4.8 0 0
1000 22.6 0 0
EOD
$data23 << EOD
500 2.8 0 0
1000 22.4 0 0
EOD
$data24 << EOD
500 0.4 0 0
1000 3.8 0 0
EOD
$data25 << EOD
500 0 0 0
1000 2.4 0 0
EOD
$data26 << EOD
500 0.4 0 0
1000 4.4 0 0
EOD
# resolution 16, |D| = 8
$data27 << EOD
500 37.66666667 0 0
1000 73.86666667 0 0
EOD
# resolution 16, |D| = 16
$data28 << EOD
500 20.2 0 0
1000 63.86666667 0 0
EOD
# resolution 16, |D| = 32
$data29 << EOD
500 2.533333333 0 0
1000 30.4 0 0
EOD
# resolution 8, |D| = 8
$data30 << EOD
500 57.46666667 0 0
1000 95.6 0 0
EOD
# resolution 8, |D| = 16
$data31 << EOD
500 21.86666667 0 0
1000 77 0 0
EOD
# resolution 8, |D| = 32
$data32 << EOD
500 2 0 0
1000 29.66666667 0 0
EOD
# resolution 4, |D| = 8
$data33 << EOD
500 28 0 0
1000 68 0 0
EOD
# resolution 4, |D| = 16
$data34 << EOD
500 4.066666667 0 0
1000 22.4 0 0
EOD
# resolution 4, |D| = 32
$data35 << EOD
500 0.2666666667 0 0
1000 3.533333333 0 0
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
  $data24 using 1:2 with lines lw 0.6 lc rgb '#009e73' notitle, \
  $data25 using 1:2 with lines lw 0.6 lc rgb '#009e73' notitle, \
  $data26 using 1:2 with lines lw 0.6 lc rgb '#009e73' notitle, \
  $data27 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'resolution 16, |D| = 8', \
  $data28 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'resolution 16, |D| = 16', \
  $data29 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#009e73' title 'resolution 16, |D| = 32', \
  $data30 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#b3589a' title 'resolution 8, |D| = 8', \
  $data31 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#8a6d00' title 'resolution 8, |D| = 16', \
  $data32 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#56606b' title 'resolution 8, |D| = 32', \
  $data33 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'resolution 4, |D| = 8', \
  $data34 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#d55e00' title 'resolution 4, |D| = 16', \
  $data35 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#009e73' title 'resolution 4, |D| = 32'
