# distance.svg, drawn again by: gnuplot distance.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,352 dynamic font 'sans-serif,15' name 'distance'
set output 'distance.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.957386
set bmargin at screen 0.227273
set label 'training images |D|, log axis' at graph 0.5, screen 0.113636 center
set key at screen 0.150000, screen 0.079545 left top Left reverse samplen 1.6 width 1 maxrows 1
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'KNN distance, grey levels' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [6.153846154:166.4]
set xtics ('8' 8, '16' 16, '32' 32, '128' 128)
set yrange [0:*]
$data0 << EOD
8 5.27006533 0 0
16 8.44106455 0 0
32 15.74507302 0 0
128 35.76432801 0 0
EOD
# length 500
$data1 << EOD
8 5.453797199 0 0
8 5.086844618 0 0
8 5.269554175 0 0
16 8.70784683 0 0
16 8.686202339 0 0
16 7.929144482 0 0
32 15.21581731 0 0
32 15.44284254 0 0
32 16.5765592 0 0
128 36.56319636 0 0
128 35.41682712 0 0
128 35.31296055 0 0
EOD
$data2 << EOD
8 2.988907315 0 0
16 4.055847958 0 0
32 6.917731774 0 0
128 20.78908292 0 0
EOD
# length 1000
$data3 << EOD
8 3.221557107 0 0
8 2.860563756 0 0
8 2.884601082 0 0
16 4.152566207 0 0
16 4.233475517 0 0
16 3.781502151 0 0
32 6.481355298 0 0
32 6.864411915 0 0
32 7.407428108 0 0
128 20.36364523 0 0
128 21.02590175 0 0
128 20.97770179 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'length 500', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'length 1000'
