# ratio.svg, drawn again by: gnuplot ratio.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,352 dynamic font 'sans-serif,15' name 'ratio'
set output 'ratio.svg'
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
set label 'memorized images, %' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [6.153846154:166.4]
set xtics ('8' 8, '16' 16, '32' 32, '128' 128)
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
8 99.33333333 0 0
16 82.73333333 0 0
32 30.66666667 0 0
128 0 0 0
EOD
$data1 << EOD
8 99.4 98.25097479 99.79574037
8 99.2 97.96129642 99.68846848
8 99.4 98.25097479 99.79574037
16 81.2 77.54223757 84.38200359
16 81.6 77.96708962 84.75105206
16 85.4 82.03507338 88.22512332
32 34.4 30.36929656 38.66858287
32 30.6 26.72134637 34.77447804
32 27 23.29485392 31.05586574
128 0 0 0.7624340462
128 0 0 0.7624340462
128 0 0 0.7624340462
EOD
# length 500
$data2 << EOD
8 99.4 98.25097479 99.79574037
8 99.2 97.96129642 99.68846848
8 99.4 98.25097479 99.79574037
16 81.2 77.54223757 84.38200359
16 81.6 77.96708962 84.75105206
16 85.4 82.03507338 88.22512332
32 34.4 30.36929656 38.66858287
32 30.6 26.72134637 34.77447804
32 27 23.29485392 31.05586574
128 0 0 0.7624340462
128 0 0 0.7624340462
128 0 0 0.7624340462
EOD
$data3 << EOD
8 100 0 0
16 99.06666667 0 0
32 85 0 0
128 1.8 0 0
EOD
$data4 << EOD
8 100 99.23756595 100
8 100 99.23756595 100
8 100 99.23756595 100
16 99.8 98.87592933 99.96468636
16 97.8 96.10391388 98.76719917
16 99.6 98.55342848 99.89023695
32 89 85.95444296 91.45085848
32 85 81.60389194 87.86240423
32 81 77.33002877 84.19726212
128 2 1.08991836 3.642018325
128 2 1.08991836 3.642018325
128 1.4 0.6797789791 2.861306914
EOD
# length 1000
$data5 << EOD
8 100 99.23756595 100
8 100 99.23756595 100
8 100 99.23756595 100
16 99.8 98.87592933 99.96468636
16 97.8 96.10391388 98.76719917
16 99.6 98.55342848 99.89023695
32 89 85.95444296 91.45085848
32 85 81.60389194 87.86240423
32 81 77.33002877 84.19726212
128 2 1.08991836 3.642018325
128 2 1.08991836 3.642018325
128 1.4 0.6797789791 2.861306914
EOD
set arrow from 11.81255381,0 to 11.81255381,90 nohead dt 3 lw 2 lc rgb '#0072b2'
set label 'EMM 11.8' at 11.81255381,6 left offset 0.8,0 tc rgb '#0072b2' front
$data6 << EOD
11.81255381 90 0 0
EOD
$data7 << EOD
11.81255381 2 11.16544509 12.9094473
EOD
set arrow from 25.0120216,0 to 25.0120216,90 nohead dt 3 lw 2 lc rgb '#d55e00'
set label 'EMM 25' at 25.0120216,15 left offset 0.8,0 tc rgb '#d55e00' front
$data8 << EOD
25.0120216 90 0 0
EOD
$data9 << EOD
25.0120216 11 22.59891836 29.34412938
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.2 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'length 500', \
  $data3 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data4 using 1:2:3:4 with yerrorbars pt 5 ps 0.7 lw 1.2 lc rgb '#d55e00' notitle, \
  $data5 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'length 1000', \
  $data6 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#0072b2' notitle, \
  $data7 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#0072b2' notitle, \
  $data8 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#d55e00' notitle, \
  $data9 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#d55e00' notitle
