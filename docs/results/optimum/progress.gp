# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,484 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.969008
set bmargin at screen 0.438017
set label 'epochs' at graph 0.5, screen 0.355372 center
set key at screen 0.150000, screen 0.330579 left top Left reverse samplen 1.6 width 1 maxrows 7
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'memorized images, %' at screen 0.035, graph 0.5 center rotate by 90
set xrange [0:1]
set xtics 2e-10
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
0 100 0 0
EOD
$data1 << EOD
0 100 0 0
EOD
$data2 << EOD
0 100 0 0
EOD
$data3 << EOD
0 100 0 0
EOD
$data4 << EOD
0 100 0 0
EOD
$data5 << EOD
0 100 0 0
EOD
$data6 << EOD
0 100 0 0
EOD
$data7 << EOD
0 100 0 0
EOD
$data8 << EOD
0 100 0 0
EOD
$data9 << EOD
0 100 0 0
EOD
$data10 << EOD
0 100 0 0
EOD
$data11 << EOD
0 100 0 0
EOD
$data12 << EOD
0 100 0 0
EOD
$data13 << EOD
0 100 0 0
EOD
$data14 << EOD
0 100 0 0
EOD
$data15 << EOD
0 100 0 0
EOD
$data16 << EOD
0 100 0 0
EOD
$data17 << EOD
0 100 0 0
EOD
$data18 << EOD
0 100 0 0
EOD
$data19 << EOD
0 100 0 0
EOD
$data20 << EOD
0 100 0 0
EOD
# heun, data fashi…mnist, |D| = 1000
$data21 << EOD
0 100 0 0
EOD
# heun, data fashi…nist, |D| = 50000
$data22 << EOD
0 100 0 0
EOD
# heun, data openc…crops, |D| = 1000
$data23 << EOD
0 100 0 0
EOD
# heun, data openc…rops, |D| = 50000
$data24 << EOD
0 100 0 0
EOD
# sde, data fashio…mnist, |D| = 1000
$data25 << EOD
0 100 0 0
EOD
# sde, data fashio…nist, |D| = 50000
$data26 << EOD
0 100 0 0
EOD
# sde, data opencl…crops, |D| = 1000
$data27 << EOD
0 100 0 0
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
  $data21 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'heun, data fashi…mnist, |D| = 1000', \
  $data22 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'heun, data fashi…nist, |D| = 50000', \
  $data23 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#009e73' title 'heun, data openc…crops, |D| = 1000', \
  $data24 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#b3589a' title 'heun, data openc…rops, |D| = 50000', \
  $data25 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#8a6d00' title 'sde, data fashio…mnist, |D| = 1000', \
  $data26 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#56606b' title 'sde, data fashio…nist, |D| = 50000', \
  $data27 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'sde, data opencl…crops, |D| = 1000'
