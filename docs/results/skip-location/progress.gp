# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,352 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.957386
set bmargin at screen 0.227273
set label 'steps' at graph 0.5, screen 0.113636 center
set key at screen 0.150000, screen 0.079545 left top Left reverse samplen 1.6 width 1 maxrows 1
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
# ddpmpp
$data0 << EOD
500 59.86666667 0 0
1000 95.73333333 0 0
EOD
$data1 << EOD
500 12.73333333 0 0
1000 47.53333333 0 0
EOD
$data2 << EOD
500 9.066666667 0 0
1000 47.93333333 0 0
EOD
$data3 << EOD
500 11.86666667 0 0
1000 38.66666667 0 0
EOD
$data4 << EOD
500 10.53333333 0 0
1000 30.4 0 0
EOD
$data5 << EOD
500 10.06666667 0 0
1000 36.2 0 0
EOD
$data6 << EOD
500 6.4 0 0
1000 34 0 0
EOD
$data7 << EOD
500 0 0 0
1000 0 0 0
EOD
$data8 << EOD
500 0 0 0
1000 0 0 0
EOD
$data9 << EOD
500 0 0 0
1000 0 0 0
EOD
# ncsnpp
$data10 << EOD
500 45.13333333 0 0
1000 52.06666667 0 0
EOD
$data11 << EOD
500 6.4 0 0
1000 20.2 0 0
EOD
$data12 << EOD
500 17.2 0 0
1000 32 0 0
EOD
$data13 << EOD
500 17.8 0 0
1000 36.13333333 0 0
EOD
$data14 << EOD
500 0 0 0
1000 4.933333333 0 0
EOD
$data15 << EOD
500 0 0 0
1000 6.066666667 0 0
EOD
$data16 << EOD
500 0 0 0
1000 4.333333333 0 0
EOD
$data17 << EOD
500 0 0 0
1000 0 0 0
EOD
$data18 << EOD
500 0 0 0
1000 0 0 0
EOD
$data19 << EOD
500 0 0 0
1000 0 0 0
EOD
plot $data0 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' title 'ddpmpp', \
  $data1 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data3 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data4 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data5 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data6 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data7 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data8 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data9 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#0072b2' notitle, \
  $data10 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' title 'ncsnpp', \
  $data11 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle, \
  $data12 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle, \
  $data13 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle, \
  $data14 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle, \
  $data15 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle, \
  $data16 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle, \
  $data17 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle, \
  $data18 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle, \
  $data19 using 1:2 with linespoints pt 7 ps 0.5 lw 1 dt 1 lc rgb '#d55e00' notitle
