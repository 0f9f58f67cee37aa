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
set xrange [6.153846154:41.6]
set xtics ('8' 8, '16' 16, '32' 32)
set yrange [0:100]
set ytics (0, 20, 40, 60, 80, 90, 100)
set arrow from graph 0, first 90 to graph 1, first 90 nohead dt 2 lw 1.5 lc rgb '#24292f'
$data0 << EOD
8 73.86666667 0 0
16 63.86666667 0 0
32 30.4 0 0
EOD
$data1 << EOD
8 75.6 71.64951931 79.16011445
8 77 73.11377813 80.47450748
8 69 64.81416619 72.89610887
16 67.2 62.96734167 71.17038102
16 64.4 60.107875 68.472544
16 60 55.64541227 64.20210092
32 34 29.98388585 38.26009305
32 29.6 25.76653952 33.74453357
32 27.6 23.86381329 31.67775716
EOD
# resolution 16
$data2 << EOD
8 75.6 71.64951931 79.16011445
8 77 73.11377813 80.47450748
8 69 64.81416619 72.89610887
16 67.2 62.96734167 71.17038102
16 64.4 60.107875 68.472544
16 60 55.64541227 64.20210092
32 34 29.98388585 38.26009305
32 29.6 25.76653952 33.74453357
32 27.6 23.86381329 31.67775716
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
# resolution 8
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
8 68 0 0
16 22.4 0 0
32 3.533333333 0 0
EOD
$data7 << EOD
8 60.4 56.04958407 64.59182965
8 72 67.90813332 75.7563957
8 71.6 67.49440569 75.3762228
16 22.2 18.77693514 26.04697819
16 22.6 19.15097809 26.46683577
16 22.4 18.96389713 26.25696647
32 3.8 2.446011806 5.858477253
32 2.4 1.378131466 4.147705746
32 4.4 2.923395563 6.571944287
EOD
# resolution 4
$data8 << EOD
8 60.4 56.04958407 64.59182965
8 72 67.90813332 75.7563957
8 71.6 67.49440569 75.3762228
16 22.2 18.77693514 26.04697819
16 22.6 19.15097809 26.46683577
16 22.4 18.96389713 26.25696647
32 3.8 2.446011806 5.858477253
32 2.4 1.378131466 4.147705746
32 4.4 2.923395563 6.571944287
EOD
set arrow from 9.856498811,0 to 9.856498811,90 nohead dt 3 lw 2 lc rgb '#d55e00'
set label 'EMM 9.86' at 9.856498811,6 right offset -0.8,0 tc rgb '#d55e00' front
$data9 << EOD
9.856498811 90 0 0
EOD
$data10 << EOD
9.856498811 2 9.436391626 10.41915172
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.2 lc rgb '#0072b2' notitle, \
  $data2 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'resolution 16', \
  $data3 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data4 using 1:2:3:4 with yerrorbars pt 5 ps 0.7 lw 1.2 lc rgb '#d55e00' notitle, \
  $data5 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'resolution 8', \
  $data6 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data7 using 1:2:3:4 with yerrorbars pt 9 ps 0.7 lw 1.2 lc rgb '#009e73' notitle, \
  $data8 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'resolution 4', \
  $data9 using 1:2 with points pt 12 ps 1.5 lw 2 lc rgb '#d55e00' notitle, \
  $data10 using 1:2:3:4 with xerrorbars pt 12 ps 0.6 lw 2 lc rgb '#d55e00' notitle
