# ratio.svg, drawn again by: gnuplot ratio.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,374 dynamic font 'sans-serif,15' name 'ratio'
set output 'ratio.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.959893
set bmargin at screen 0.272727
set label 'training images |D|, log axis' at graph 0.5, screen 0.165775 center
set key at screen 0.150000, screen 0.133690 left top Left reverse samplen 1.6 width 1 maxrows 2
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'memorized images, %' at screen 0.035, graph 0.5 center rotate by 90
set logscale x 2
set xrange [7.692307692:41.6]
set xtics ('10' 10, '16' 16, '32' 32)
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
10 93.86666667 0 0
16 77 0 0
32 29.66666667 0 0
EOD
$data1 << EOD
10 96.8 94.8655131 98.02084864
10 92 89.28936834 94.07018706
10 92.8 90.1931596 94.75419686
16 80.4 76.69425076 83.64218934
16 74.4 70.398703 78.02922918
16 76.2 72.27638648 79.72409808
32 27.2 23.48440922 31.2632607
32 31.8 27.87002612 36.00749988
32 30 26.14819321 34.1567804
EOD
# none
$data2 << EOD
10 96.8 94.8655131 98.02084864
10 92 89.28936834 94.07018706
10 92.8 90.1931596 94.75419686
16 80.4 76.69425076 83.64218934
16 74.4 70.398703 78.02922918
16 76.2 72.27638648 79.72409808
32 27.2 23.48440922 31.2632607
32 31.8 27.87002612 36.00749988
32 30 26.14819321 34.1567804
EOD
$data3 << EOD
10 90.4 0 0
16 79.06666667 0 0
32 54.46666667 0 0
EOD
$data4 << EOD
10 90 87.05780904 92.33224373
10 89 85.95444296 91.45085848
10 92.2 89.51464501 94.24186065
16 79 75.2155153 82.34227295
16 74.4 70.398703 78.02922918
16 83.8 80.31477342 86.76982116
32 54.8 50.41754011 59.10926622
32 52.4 48.02082211 56.74258106
32 56.2 51.82029259 60.48516559
EOD
# true
$data5 << EOD
10 90 87.05780904 92.33224373
10 89 85.95444296 91.45085848
10 92.2 89.51464501 94.24186065
16 79 75.2155153 82.34227295
16 74.4 70.398703 78.02922918
16 83.8 80.31477342 86.76982116
32 54.8 50.41754011 59.10926622
32 52.4 48.02082211 56.74258106
32 56.2 51.82029259 60.48516559
EOD
$data6 << EOD
10 78.46666667 0 0
16 76.53333333 0 0
32 62.26666667 0 0
EOD
$data7 << EOD
10 79.6 75.84846634 82.90017271
10 80.2 76.48260209 83.45688774
10 75.6 71.64951931 79.16011445
16 71.2 67.08105508 74.99567289
16 82.2 78.60548115 85.30351133
16 76.2 72.27638648 79.72409808
32 61.6 57.26388276 65.75923254
32 58 53.62894568 62.24906487
32 67.2 62.96734167 71.17038102
EOD
# random
$data8 << EOD
10 79.6 75.84846634 82.90017271
10 80.2 76.48260209 83.45688774
10 75.6 71.64951931 79.16011445
16 71.2 67.08105508 74.99567289
16 82.2 78.60548115 85.30351133
16 76.2 72.27638648 79.72409808
32 61.6 57.26388276 65.75923254
32 58 53.62894568 62.24906487
32 67.2 62.96734167 71.17038102
EOD
$data9 << EOD
10 90.4 0 0
16 80.66666667 0 0
32 63.13333333 0 0
EOD
$data10 << EOD
10 90 87.05780904 92.33224373
10 89 85.95444296 91.45085848
10 92.2 89.51464501 94.24186065
16 77 73.11377813 80.47450748
16 82.2 78.60548115 85.30351133
16 82.8 79.24525525 85.85458802
32 61.2 56.85881771 65.37039706
32 63.6 59.29376153 67.69885641
32 64.6 60.31159978 68.66576948
EOD
# unique
$data11 << EOD
10 90 87.05780904 92.33224373
10 89 85.95444296 91.45085848
10 92.2 89.51464501 94.24186065
16 77 73.11377813 80.47450748
16 82.2 78.60548115 85.30351133
16 82.8 79.24525525 85.85458802
32 61.2 56.85881771 65.37039706
32 63.6 59.29376153 67.69885641
32 64.6 60.31159978 68.66576948
EOD
set arrow from 10.16726714,0 to 10.16726714,90 nohead dt 3 lw 2 lc rgb '#d55e00'
set label 'EMM 10.2' at 10.16726714,6 left offset 0.8,0 tc rgb '#d55e00' front
$data12 << EOD
10.16726714 90 0 0
EOD
$data13 << EOD
10.16726714 2 7.692307692 11.03159721
EOD
set arrow from 10.19502963,0 to 10.19502963,90 nohead dt 3 lw 2 lc rgb '#b3589a'
set label 'EMM 10.2' at 10.19502963,15 left offset 0.8,0 tc rgb '#b3589a' front
$data14 << EOD
10.19502963 90 0 0
EOD
$data15 << EOD
10.19502963 11 7.692307692 11.14243209
EOD
set arrow from 11.13766893,0 to 11.13766893,90 nohead dt 3 lw 2 lc rgb '#0072b2'
set label 'EMM 11.1' at 11.13766893,24 left offset 0.8,0 tc rgb '#0072b2' front
$data16 << EOD
11.13766893 90 0 0
EOD
$data17 << EOD
11.13766893 20 10.44640601 11.78407496
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.2 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'none', \
  $data3 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data4 using 1:2:3:4 with yerrorbars pt 5 ps 0.7 lw 1.2 lc rgb '#d55e00' notitle, \
  $data5 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'true', \
  $data6 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data7 using 1:2:3:4 with yerrorbars pt 9 ps 0.7 lw 1.2 lc rgb '#009e73' notitle, \
  $data8 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'random', \
  $data9 using 1:2 with lines lw 2.5 dt 1 lc rgb '#b3589a' notitle, \
  $data10 using 1:2:3:4 with yerrorbars pt 13 ps 0.7 lw 1.2 lc rgb '#b3589a' notitle, \
  $data11 using 1:2 with points pt 13 ps 0.7 lc rgb '#b3589a' title 'unique', \
  $data12 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#d55e00' notitle, \
  $data13 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#d55e00' notitle, \
  $data14 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#b3589a' notitle, \
  $data15 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#b3589a' notitle, \
  $data16 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#0072b2' notitle, \
  $data17 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#0072b2' notitle
