# distance.svg, drawn again by: gnuplot distance.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,330 dynamic font 'sans-serif,15' name 'distance'
set output 'distance.svg'
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
set label 'KNN distance, grey levels' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [12.30769231:41.6]
set xtics ('16' 16, '32' 32)
set yrange [0:*]
$data0 << EOD
16 9.300361688 0 0
32 16.91658529 0 0
EOD
$data1 << EOD
16 9.300361688 0 0
32 16.91658529 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' notitle
