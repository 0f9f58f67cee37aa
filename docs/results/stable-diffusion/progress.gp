# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,396 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.962121
set bmargin at screen 0.313131
set label 'steps' at graph 0.5, screen 0.212121 center
set key at screen 0.150000, screen 0.181818 left top Left reverse samplen 1.6 width 1 maxrows 3
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'memorized images, %' at screen 0.035, graph 0.5 center rotate by 90
set xrange [0:2000]
set xtics 500
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
2000 94.8 0 0
EOD
$data1 << EOD
2000 95.2 0 0
EOD
$data2 << EOD
2000 95.6 0 0
EOD
$data3 << EOD
2000 67.6 0 0
EOD
$data4 << EOD
2000 68.2 0 0
EOD
$data5 << EOD
2000 65 0 0
EOD
$data6 << EOD
2000 15.4 0 0
EOD
$data7 << EOD
2000 17.4 0 0
EOD
$data8 << EOD
2000 17 0 0
EOD
$data9 << EOD
2000 98 0 0
EOD
$data10 << EOD
2000 98 0 0
EOD
$data11 << EOD
2000 98.2 0 0
EOD
$data12 << EOD
2000 80.8 0 0
EOD
$data13 << EOD
2000 81.6 0 0
EOD
$data14 << EOD
2000 80.2 0 0
EOD
$data15 << EOD
2000 39.8 0 0
EOD
$data16 << EOD
2000 44.2 0 0
EOD
$data17 << EOD
2000 45.8 0 0
EOD
# plain, |D| = 10
$data18 << EOD
2000 95.2 0 0
EOD
# plain, |D| = 20
$data19 << EOD
2000 66.93333333 0 0
EOD
# plain, |D| = 40
$data20 << EOD
2000 16.6 0 0
EOD
# class, |D| = 10
$data21 << EOD
2000 98.06666667 0 0
EOD
# class, |D| = 20
$data22 << EOD
2000 80.86666667 0 0
EOD
# class, |D| = 40
$data23 << EOD
2000 43.26666667 0 0
EOD
plot $data0 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data3 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data4 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data5 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data6 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data7 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data8 using 1:2 with lines lw 0.6 lc rgb '#0072b2' notitle, \
  $data9 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data10 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data11 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data12 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data13 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data14 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data15 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data16 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data17 using 1:2 with lines lw 0.6 lc rgb '#d55e00' notitle, \
  $data18 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'plain, |D| = 10', \
  $data19 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'plain, |D| = 20', \
  $data20 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 3 lc rgb '#0072b2' title 'plain, |D| = 40', \
  $data21 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'class, |D| = 10', \
  $data22 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#d55e00' title 'class, |D| = 20', \
  $data23 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 3 lc rgb '#d55e00' title 'class, |D| = 40'
