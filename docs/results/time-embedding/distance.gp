# distance.svg, drawn again by: gnuplot distance.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,418 dynamic font 'sans-serif,15' name 'distance'
set output 'distance.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.964115
set bmargin at screen 0.349282
set label 'training images |D|, log axis' at graph 0.5, screen 0.253589 center
set key at screen 0.150000, screen 0.224880 left top Left reverse samplen 1.6 width 1 maxrows 4
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'KNN distance, grey levels' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [6.153846154:41.6]
set xtics ('8' 8, '16' 16, '32' 32)
set yrange [0:*]
$data0 << EOD
8 6.754603392 0 0
16 9.315005135 0 0
32 16.41879832 0 0
EOD
# positional, blocks 1
$data1 << EOD
8 6.80855684 0 0
8 6.231644355 0 0
8 7.223608982 0 0
16 9.023242479 0 0
16 9.324571973 0 0
16 9.597200953 0 0
32 16.69338044 0 0
32 16.34823055 0 0
32 16.21478397 0 0
EOD
$data2 << EOD
8 7.39376401 0 0
16 10.31750763 0 0
32 18.29741603 0 0
EOD
# positional, blocks 2
$data3 << EOD
8 8.680178105 0 0
8 6.372142615 0 0
8 7.128971309 0 0
16 10.37608768 0 0
16 10.22680149 0 0
16 10.34963371 0 0
32 20.1162595 0 0
32 17.54198499 0 0
32 17.23400361 0 0
EOD
$data4 << EOD
8 37.52216912 0 0
16 37.79008833 0 0
32 42.57517079 0 0
EOD
# fourier, blocks 1
$data5 << EOD
8 36.63469724 0 0
8 37.69166982 0 0
8 38.24014029 0 0
16 38.01125249 0 0
16 36.22626234 0 0
16 39.13275016 0 0
32 41.79429871 0 0
32 43.50151887 0 0
32 42.42969478 0 0
EOD
$data6 << EOD
8 40.49292526 0 0
16 40.3025282 0 0
32 45.88797278 0 0
EOD
# fourier, blocks 2
$data7 << EOD
8 41.21192541 0 0
8 40.82639654 0 0
8 39.44045383 0 0
16 40.58847887 0 0
16 40.35041717 0 0
16 39.96868857 0 0
32 45.90733425 0 0
32 46.09843573 0 0
32 45.65814835 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'positional, blocks 1', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'positional, blocks 2', \
  $data4 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data5 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'fourier, blocks 1', \
  $data6 using 1:2 with lines lw 2.5 dt 1 lc rgb '#b3589a' notitle, \
  $data7 using 1:2 with points pt 13 ps 0.7 lc rgb '#b3589a' title 'fourier, blocks 2'
