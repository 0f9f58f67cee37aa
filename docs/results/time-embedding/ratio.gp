# ratio.svg, drawn again by: gnuplot ratio.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,418 dynamic font 'sans-serif,15' name 'ratio'
set output 'ratio.svg'
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
set label 'memorized images, %' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [6.153846154:41.6]
set xtics ('8' 8, '16' 16, '32' 32)
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
8 95.6 0 0
16 77 0 0
32 29.66666667 0 0
EOD
$data1 << EOD
8 95.4 93.19222072 96.91548916
8 96.2 94.14152275 97.55398819
8 95.2 92.95728032 96.75347931
16 80.4 76.69425076 83.64218934
16 74.4 70.398703 78.02922918
16 76.2 72.27638648 79.72409808
32 27.2 23.48440922 31.2632607
32 31.8 27.87002612 36.00749988
32 30 26.14819321 34.1567804
EOD
# positional, blocks 1
$data2 << EOD
8 95.4 93.19222072 96.91548916
8 96.2 94.14152275 97.55398819
8 95.2 92.95728032 96.75347931
16 80.4 76.69425076 83.64218934
16 74.4 70.398703 78.02922918
16 76.2 72.27638648 79.72409808
32 27.2 23.48440922 31.2632607
32 31.8 27.87002612 36.00749988
32 30 26.14819321 34.1567804
EOD
$data3 << EOD
8 94.8 0 0
16 73.66666667 0 0
32 23.46666667 0 0
EOD
$data4 << EOD
8 92.2 89.51464501 94.24186065
8 96.8 94.8655131 98.02084864
8 95.4 93.19222072 96.91548916
16 74.2 70.19060194 77.84037998
16 71.8 67.70122208 75.56635668
16 75 71.02363265 78.59515033
32 19.4 16.17264666 23.09396297
32 28.2 24.43364332 32.29877792
32 22.8 19.33817691 26.67658721
EOD
# positional, blocks 2
$data5 << EOD
8 92.2 89.51464501 94.24186065
8 96.8 94.8655131 98.02084864
8 95.4 93.19222072 96.91548916
16 74.2 70.19060194 77.84037998
16 71.8 67.70122208 75.56635668
16 75 71.02363265 78.59515033
32 19.4 16.17264666 23.09396297
32 28.2 24.43364332 32.29877792
32 22.8 19.33817691 26.67658721
EOD
$data6 << EOD
8 55.26666667 0 0
16 45.46666667 0 0
32 18.4 0 0
EOD
$data7 << EOD
8 58 53.62894568 62.24906487
8 56 51.61968736 60.28882056
8 51.8 47.42321114 56.14934124
16 46.8 42.46740659 51.18138919
16 45.2 40.89073378 49.58245989
16 44.4 40.10408192 48.7813107
32 18.2 15.06464452 21.82026353
32 17.8 14.69648867 21.39451885
32 19.2 15.98762186 22.88203751
EOD
# fourier, blocks 1
$data8 << EOD
8 58 53.62894568 62.24906487
8 56 51.61968736 60.28882056
8 51.8 47.42321114 56.14934124
16 46.8 42.46740659 51.18138919
16 45.2 40.89073378 49.58245989
16 44.4 40.10408192 48.7813107
32 18.2 15.06464452 21.82026353
32 17.8 14.69648867 21.39451885
32 19.2 15.98762186 22.88203751
EOD
$data9 << EOD
8 51.6 0 0
16 40.13333333 0 0
32 11.13333333 0 0
EOD
$data10 << EOD
8 55 50.61772177 59.30603482
8 47.6 43.25741894 51.97917789
8 52.2 47.82154894 56.54490396
16 43.4 39.12235726 47.77828403
16 37.6 33.46400158 41.92508206
16 39.4 35.21341695 43.74821907
32 9.4 7.142640859 12.27645559
32 9.6 7.317350467 12.49869624
32 14.4 11.59380741 17.74904563
EOD
# fourier, blocks 2
$data11 << EOD
8 55 50.61772177 59.30603482
8 47.6 43.25741894 51.97917789
8 52.2 47.82154894 56.54490396
16 43.4 39.12235726 47.77828403
16 37.6 33.46400158 41.92508206
16 39.4 35.21341695 43.74821907
32 9.4 7.142640859 12.27645559
32 9.6 7.317350467 12.49869624
32 14.4 11.59380741 17.74904563
EOD
set arrow from 9.364028579,0 to 9.364028579,90 nohead dt 3 lw 2 lc rgb '#d55e00'
set label 'EMM 9.36' at 9.364028579,6 right offset -0.8,0 tc rgb '#d55e00' front
$data12 << EOD
9.364028579 90 0 0
EOD
$data13 << EOD
9.364028579 2 8.695404639 9.910980407
EOD
set arrow from 9.856498811,0 to 9.856498811,90 nohead dt 3 lw 2 lc rgb '#0072b2'
set label 'EMM 9.86' at 9.856498811,15 left offset 0.8,0 tc rgb '#0072b2' front
$data14 << EOD
9.856498811 90 0 0
EOD
$data15 << EOD
9.856498811 11 9.436391626 10.41915172
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.2 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'positional, blocks 1', \
  $data3 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data4 using 1:2:3:4 with yerrorbars pt 5 ps 0.7 lw 1.2 lc rgb '#d55e00' notitle, \
  $data5 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'positional, blocks 2', \
  $data6 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data7 using 1:2:3:4 with yerrorbars pt 9 ps 0.7 lw 1.2 lc rgb '#009e73' notitle, \
  $data8 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'fourier, blocks 1', \
  $data9 using 1:2 with lines lw 2.5 dt 1 lc rgb '#b3589a' notitle, \
  $data10 using 1:2:3:4 with yerrorbars pt 13 ps 0.7 lw 1.2 lc rgb '#b3589a' notitle, \
  $data11 using 1:2 with points pt 13 ps 0.7 lc rgb '#b3589a' title 'fourier, blocks 2', \
  $data12 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#d55e00' notitle, \
  $data13 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#d55e00' notitle, \
  $data14 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#0072b2' notitle, \
  $data15 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#0072b2' notitle
