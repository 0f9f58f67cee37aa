# ratio.svg, drawn again by: gnuplot ratio.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,330 dynamic font 'sans-serif,15' name 'ratio'
set output 'ratio.svg'
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
set label 'memorized images, %' at screen 0.035, graph 0.5 center rotate by 90
set xrange [-0.5:1.5]
set xtics ('2' 0, '4' 1)
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
0 33.8 0 0
1 70.46666667 0 0
EOD
$data1 << EOD
0 36.6 32.49476049 40.90957184
0 27.4 23.67406257 31.47055762
0 37.4 33.27 41.72213338
1 66.8 62.55786635 70.78595581
1 72.6 68.52944238 76.32593743
1 72 67.90813332 75.7563957
EOD
$data2 << EOD
0 36.6 32.49476049 40.90957184
0 27.4 23.67406257 31.47055762
0 37.4 33.27 41.72213338
1 66.8 62.55786635 70.78595581
1 72.6 68.52944238 76.32593743
1 72 67.90813332 75.7563957
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.2 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' notitle
