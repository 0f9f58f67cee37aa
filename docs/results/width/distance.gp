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
set xrange [6.153846154:41.6]
set xtics ('8' 8, '16' 16, '32' 32)
set yrange [0:*]
$data0 << EOD
8 10.6331301 0 0
16 13.37329055 0 0
32 21.9383081 0 0
EOD
# width 8
$data1 << EOD
8 11.08096716 0 0
8 9.641992768 0 0
8 11.17643037 0 0
16 13.74527374 0 0
16 12.81452978 0 0
16 13.56006814 0 0
32 22.43726122 0 0
32 20.93466594 0 0
32 22.44299715 0 0
EOD
$data2 << EOD
8 6.754603392 0 0
16 9.315005135 0 0
32 16.41879832 0 0
EOD
# width 16
$data3 << EOD
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
$data4 << EOD
8 6.960852225 0 0
16 9.183314007 0 0
32 16.14078366 0 0
EOD
# width 32
$data5 << EOD
8 7.857020644 0 0
8 6.635657889 0 0
8 6.389878141 0 0
16 8.795926899 0 0
16 9.326711687 0 0
16 9.427303435 0 0
32 15.33418141 0 0
32 16.46217067 0 0
32 16.62599889 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'width 8', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title 'width 16', \
  $data4 using 1:2 with lines lw 2.5 dt 1 lc rgb '#009e73' notitle, \
  $data5 using 1:2 with points pt 9 ps 0.7 lc rgb '#009e73' title 'width 32'
