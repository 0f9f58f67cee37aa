# progress.svg, drawn again by: gnuplot progress.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,462 dynamic font 'sans-serif,15' name 'progress'
set output 'progress.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.967532
set bmargin at screen 0.411255
set label 'steps' at graph 0.5, screen 0.324675 center
set key at screen 0.150000, screen 0.298701 left top Left reverse samplen 1.6 width 1 maxrows 6
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
1000 92.853125 0 0
EOD
# decay 0, |D| = 20
$data1 << EOD
1000 72.53125 0 0
EOD
# decay 0.001, |D| = 10
$data2 << EOD
1000 91.1125 0 0
EOD
# decay 0.001, |D| = 20
$data3 << EOD
1000 64.46875 0 0
EOD
# decay 0.1, |D| = 10
$data4 << EOD
1000 39.43125 0 0
EOD
# decay 0.1, |D| = 20
$data5 << EOD
1000 2.48125 0 0
EOD
plot $data0 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'decay 0, |D| = 10', \
  $data1 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'decay 0, |D| = 20', \
  $data2 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'decay 0.001, |D| = 10', \
  $data3 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#d55e00' title 'decay 0.001, |D| = 20', \
  $data4 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 3 lc rgb '#0072b2' title 'decay 0.1, |D| = 10', \
  $data5 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 3 lc rgb '#d55e00' title 'decay 0.1, |D| = 20'
