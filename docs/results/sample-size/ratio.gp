# ratio.svg, drawn again by: gnuplot ratio.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,330 dynamic font 'sans-serif,15' name 'ratio'
set output 'ratio.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.954545
set bmargin at screen 0.175758
set label 'training images |D|, log axis' at graph 0.5, screen 0.054545 center
set key off
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'memorized images, %' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [12.30769231:41.6]
set xtics ('16' 16, '32' 32)
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
16 79.58 0 0
32 29.66 0 0
EOD
$data1 << EOD
16 79.58 78.7786189 80.35866375
32 29.66 28.7727179 30.56290316
EOD
$data2 << EOD
16 79.58 78.7786189 80.35866375
32 29.66 28.7727179 30.56290316
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.2 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' notitle
