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
set xrange [7.692307692:52]
set xtics ('10' 10, '20' 20, '40' 40)
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
10 95.2 0 0
20 66.93333333 0 0
40 16.6 0 0
EOD
$data1 << EOD
10 94.8 92.48988561 96.42697349
10 95.2 92.95728032 96.75347931
10 95.6 93.42805571 97.07660444
20 67.6 63.37715144 71.55447178
20 68.2 63.99250012 72.12997388
20 65 60.7192871 69.05198269
40 15.4 12.50106803 18.82653633
40 17.4 14.32894721 20.96815979
40 17 13.96203661 20.54116986
EOD
# plain
$data2 << EOD
10 94.8 92.48988561 96.42697349
10 95.2 92.95728032 96.75347931
10 95.6 93.42805571 97.07660444
20 67.6 63.37715144 71.55447178
20 68.2 63.99250012 72.12997388
20 65 60.7192871 69.05198269
40 15.4 12.50106803 18.82653633
40 17.4 14.32894721 20.96815979
40 17 13.96203661 20.54116986
EOD
$data3 << EOD
10 98.06666667 0 0
20 80.86666667 0 0
40 43.26666667 0 0
EOD
$data4 << EOD
10 98 96.35798168 98.91008164
10 98 96.35798168 98.91008164
10 98.2 96.61483291 99.05018067
20 80.8 77.11796249 84.01237814
20 81.6 77.96708962 84.75105206
20 80.2 76.48260209 83.45688774
40 39.8 35.60299779 44.15253876
40 44.2 39.90759531 48.58084704
40 45.8 41.48146098 50.18258348
EOD
# class
$data5 << EOD
10 98 96.35798168 98.91008164
10 98 96.35798168 98.91008164
10 98.2 96.61483291 99.05018067
20 80.8 77.11796249 84.01237814
20 81.6 77.96708962 84.75105206
20 80.2 76.48260209 83.45688774
40 39.8 35.60299779 44.15253876
40 44.2 39.90759531 48.58084704
40 45.8 41.48146098 50.18258348
EOD
set arrow from 11.35999551,0 to 11.35999551,90 nohead dt 3 lw 2 lc rgb '#0072b2'
set label 'EMM 11.4' at 11.35999551,6 left offset 0.8,0 tc rgb '#0072b2' front
$data6 << EOD
11.35999551 90 0 0
EOD
$data7 << EOD
11.35999551 2 11.04640422 11.64937992
EOD
set arrow from 13.84142279,0 to 13.84142279,90 nohead dt 3 lw 2 lc rgb '#d55e00'
set label 'EMM 13.8' at 13.84142279,15 left offset 0.8,0 tc rgb '#d55e00' front
$data8 << EOD
13.84142279 90 0 0
EOD
$data9 << EOD
13.84142279 11 13.31118865 14.46400952
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.2 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'plain', \
  $data3 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data4 using 1:2:3:4 with yerrorbars pt 5 ps 0.7 lw 1.2 lc rgb '#d55e00' notitle, \
  $data5 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'class', \
  $data6 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#0072b2' notitle, \
  $data7 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#0072b2' notitle, \
  $data8 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#d55e00' notitle, \
  $data9 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#d55e00' notitle
