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
set xrange [769.2307692:65000]
set xtics ('1,000' 1000, '50,000' 50000)
set yrange [0:*]
$data0 << EOD
1000 0 0 0
50000 0 0 0
EOD
# heun, data fashion-mnist
$data1 << EOD
1000 0 0 0
1000 0 0 0
1000 0 0 0
50000 0 0 0
50000 0 0 0
50000 0 0 0
EOD
$data2 << EOD
1000 0 0 0
50000 0 0 0
EOD
# heun, data openclipart-crops
$data3 << EOD
1000 0 0 0
1000 0 0 0
1000 0 0 0
50000 0 0 0
50000 0 0 0
50000 0 0 0
EOD
$data4 << EOD
1000 0 0 0
50000 0 0 0
EOD
# sde, data fashion-mnist
$data5 << EOD
1000 0 0 0
1000 0 0 0
1000 0 0 0
50000 0 0 0
50000 0 0 0
50000 0 0 0
EOD
$data6 << EOD
1000 0 0 0
EOD
# sde, data openclipart-crops
$data7 << EOD
1000 0 0 0
1000 0 0 0
1000 0 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'heun, data fashion-mnist', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'heun, data openclipart-crops', \
  $data4 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data5 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'sde, data fashion-mnist', \
  $data6 using 1:2 with lines lw 2.5 dt 1 lc rgb '#b3589a' notitle, \
  $data7 using 1:2 with points pt 13 ps 0.7 lc rgb '#b3589a' title 'sde, data openclipart-crops'
