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
# positional, blocks 1, |D| = 8
$data0 << EOD
500 57.46666667 0 0
1000 95.6 0 0
EOD
# positional, blocks 1, |D| = 16
$data1 << EOD
500 21.86666667 0 0
1000 77 0 0
EOD
# positional, blocks 1, |D| = 32
$data2 << EOD
500 2 0 0
1000 29.66666667 0 0
EOD
# positional, blocks 2, |D| = 8
$data3 << EOD
500 57.86666667 0 0
1000 94.8 0 0
EOD
# positional, blocks 2, |D| = 16
$data4 << EOD
500 20 0 0
1000 73.66666667 0 0
EOD
# positional, blocks 2, |D| = 32
$data5 << EOD
500 1.266666667 0 0
1000 23.46666667 0 0
EOD
# fourier, blocks 1, |D| = 8
$data6 << EOD
500 33.06666667 0 0
1000 55.26666667 0 0
EOD
# fourier, blocks 1, |D| = 16
$data7 << EOD
500 8.866666667 0 0
1000 45.46666667 0 0
EOD
# fourier, blocks 1, |D| = 32
$data8 << EOD
500 1.6 0 0
1000 18.4 0 0
EOD
# fourier, blocks 2, |D| = 8
$data9 << EOD
500 29.66666667 0 0
1000 51.6 0 0
EOD
# fourier, blocks 2, |D| = 16
$data10 << EOD
500 7.733333333 0 0
1000 40.13333333 0 0
EOD
# fourier, blocks 2, |D| = 32
$data11 << EOD
500 1.066666667 0 0
1000 11.13333333 0 0
EOD
plot $data0 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#0072b2' title 'positional, blocks 1, |D| = 8', \
  $data1 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#d55e00' title 'positional, blocks 1, |D| = 16', \
  $data2 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#009e73' title 'positional, blocks 1, |D| = 32', \
  $data3 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#b3589a' title 'positional, blocks 2, |D| = 8', \
  $data4 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#8a6d00' title 'positional, blocks 2, |D| = 16', \
  $data5 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 1 lc rgb '#56606b' title 'positional, blocks 2, |D| = 32', \
  $data6 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#0072b2' title 'fourier, blocks 1, |D| = 8', \
  $data7 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#d55e00' title 'fourier, blocks 1, |D| = 16', \
  $data8 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#009e73' title 'fourier, blocks 1, |D| = 32', \
  $data9 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#b3589a' title 'fourier, blocks 2, |D| = 8', \
  $data10 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#8a6d00' title 'fourier, blocks 2, |D| = 16', \
  $data11 using 1:2 with linespoints pt 7 ps 0.5 lw 2 dt 2 lc rgb '#56606b' title 'fourier, blocks 2, |D| = 32'
