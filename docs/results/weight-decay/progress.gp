# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,550 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.972727
set bmargin at screen 0.505455
set label 'steps' at graph 0.5, screen 0.432727 center
set key at screen 0.150000, screen 0.410909 left top Left reverse samplen 1.6 width 1 maxrows 10
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
# decay 0, |D| = 10
$data0 << EOD
500 51.32 0 0
1000 93.32 0 0
EOD
# decay 0, |D| = 16
$data1 << EOD
500 22.28 0 0
1000 77.56 0 0
EOD
# decay 1e-05, |D| = 10
$data2 << EOD
500 51 0 0
1000 92.68 0 0
EOD
# decay 1e-05, |D| = 16
$data3 << EOD
500 22.8 0 0
1000 77.8 0 0
EOD
# decay 0.001, |D| = 10
$data4 << EOD
500 50.44 0 0
1000 91.16 0 0
EOD
# decay 0.001, |D| = 16
$data5 << EOD
500 20.44 0 0
1000 71.24 0 0
EOD
# decay 0.01, |D| = 10
$data6 << EOD
500 40.28 0 0
1000 82.24 0 0
EOD
# decay 0.01, |D| = 16
$data7 << EOD
500 11.16 0 0
1000 46.56 0 0
EOD
# decay 0.1, |D| = 10
$data8 << EOD
500 20.28 0 0
1000 37.08 0 0
EOD
# decay 0.1, |D| = 16
$data9 << EOD
500 2.4 0 0
1000 8.88 0 0
EOD
plot $data0 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'decay 0, |D| = 10', \
  $data1 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'decay 0, |D| = 16', \
  $data2 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#009e73' title 'decay 1e-05, |D| = 10', \
  $data3 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#b3589a' title 'decay 1e-05, |D| = 16', \
  $data4 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#8a6d00' title 'decay 0.001, |D| = 10', \
  $data5 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#56606b' title 'decay 0.001, |D| = 16', \
  $data6 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'decay 0.01, |D| = 10', \
  $data7 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#d55e00' title 'decay 0.01, |D| = 16', \
  $data8 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#009e73' title 'decay 0.1, |D| = 10', \
  $data9 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#b3589a' title 'decay 0.1, |D| = 16'
