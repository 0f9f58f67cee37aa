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
set xrange [6.153846154:41.6]
set xtics ('8' 8, '16' 16, '32' 32)
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
8 88.66666667 0 0
16 67.2 0 0
32 14.6 0 0
EOD
$data1 << EOD
8 88.6 85.51509102 91.0963099
8 90.6 87.72354441 92.85735914
8 86.8 83.55052093 89.48832762
16 68.2 63.99250012 72.12997388
16 64.2 59.90422907 68.27923966
16 69.2 65.01980013 73.08742519
32 13.4 10.69150019 16.66660153
32 16 13.04763724 19.47081792
32 14.4 11.59380741 17.74904563
EOD
# width 8
$data2 << EOD
8 88.6 85.51509102 91.0963099
8 90.6 87.72354441 92.85735914
8 86.8 83.55052093 89.48832762
16 68.2 63.99250012 72.12997388
16 64.2 59.90422907 68.27923966
16 69.2 65.01980013 73.08742519
32 13.4 10.69150019 16.66660153
32 16 13.04763724 19.47081792
32 14.4 11.59380741 17.74904563
EOD
$data3 << EOD
8 95.6 0 0
16 77 0 0
32 29.66666667 0 0
EOD
$data4 << EOD
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
# width 16
$data5 << EOD
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
$data6 << EOD
8 96.06666667 0 0
16 79.53333333 0 0
32 33.26666667 0 0
EOD
$data7 << EOD
8 94.4 92.02552064 96.09743793
8 96 93.90264042 97.39592026
8 97.8 96.10391388 98.76719917
16 80.6 76.90603703 83.82735334
16 80 76.27108947 83.2714501
16 78 74.16313019 81.40990674
32 36.4 32.30114359 40.70623847
32 31.6 27.67836281 35.80221292
32 31.8 27.87002612 36.00749988
EOD
# width 32
$data8 << EOD
8 94.4 92.02552064 96.09743793
8 96 93.90264042 97.39592026
8 97.8 96.10391388 98.76719917
16 80.6 76.90603703 83.82735334
16 80 76.27108947 83.2714501
16 78 74.16313019 81.40990674
32 36.4 32.30114359 40.70623847
32 31.6 27.67836281 35.80221292
32 31.8 27.87002612 36.00749988
EOD
set arrow from 9.856498811,0 to 9.856498811,90 nohead dt 3 lw 2 lc rgb '#d55e00'
set label 'EMM 9.86' at 9.856498811,6 right offset -0.8,0 tc rgb '#d55e00' front
$data9 << EOD
9.856498811 90 0 0
EOD
$data10 << EOD
9.856498811 2 9.436391626 10.41915172
EOD
set arrow from 10.31688463,0 to 10.31688463,90 nohead dt 3 lw 2 lc rgb '#009e73'
set label 'EMM 10.3' at 10.31688463,15 left offset 0.8,0 tc rgb '#009e73' front
$data11 << EOD
10.31688463 90 0 0
EOD
$data12 << EOD
10.31688463 11 9.669688315 10.92484787
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.2 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'width 8', \
  $data3 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data4 using 1:2:3:4 with yerrorbars pt 5 ps 0.7 lw 1.2 lc rgb '#d55e00' notitle, \
  $data5 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'width 16', \
  $data6 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data7 using 1:2:3:4 with yerrorbars pt 9 ps 0.7 lw 1.2 lc rgb '#009e73' notitle, \
  $data8 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'width 32', \
  $data9 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#d55e00' notitle, \
  $data10 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#d55e00' notitle, \
  $data11 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#009e73' notitle, \
  $data12 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#009e73' notitle
