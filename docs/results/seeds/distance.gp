# distance.svg, drawn again by: gnuplot distance.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,330 dynamic font 'sans-serif,15' name 'distance'
set output 'distance.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.954545
set bmargin at screen 0.175758
set label 'classes of the training images' at graph 0.5, screen 0.054545 center
set key off
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'KNN distance, grey levels' at screen 0.035, graph 0.5 center rotate by 90
set xrange [-0.5:1.5]
set xtics ('2' 0, '4' 1)
set yrange [0:*]
$data0 << EOD
0 11.90571518 0 0
1 10.7181504 0 0
EOD
$data1 << EOD
0 11.64134909 0 0
0 12.1177154 0 0
0 11.95808104 0 0
1 10.98380994 0 0
1 10.26704092 0 0
1 10.90360035 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' notitle
