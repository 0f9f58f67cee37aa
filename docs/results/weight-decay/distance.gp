# distance.svg, drawn again by: gnuplot distance.gp
# Columns of data: x, y, lower end, upper end.
set encoding utf8
set terminal svg noenhanced size 480,352 dynamic font 'sans-serif,15' name 'distance'
set output 'distance.svg'
set lmargin at screen 0.150000
set rmargin at screen 0.952083
set tmargin at screen 0.957386
set bmargin at screen 0.227273
set label 'weight decay' at graph 0.5, screen 0.113636 center
set key at screen 0.150000, screen 0.079545 left top Left reverse samplen 1.6 width 1 maxrows 1
set border 3 lw 1 lc rgb '#24292f'
set tics nomirror out scale 0.5
set grid ytics lt 1 lw 1 lc rgb '#d0d7de'
set xtics offset 0,0.4
set ytics offset 0.5,0
set label 'KNN distance, grey levels' at screen 0.035, graph 0.5 center rotate by 90
set xrange [-0.5:4.5]
set xtics ('0' 0, '1e-05' 1, '0.001' 2, '0.01' 3, '0.1' 4)
set yrange [0:*]
$data0 << EOD
-0.06 7.64096128 0 0
0.94 7.893744449 0 0
1.94 8.505559225 0 0
2.94 12.45798382 0 0
3.94 41.15200416 0 0
EOD
# |D| = 10
$data1 << EOD
-0.06 6.358571674 0 0
-0.06 7.938349807 0 0
-0.06 7.904534743 0 0
-0.06 7.974164739 0 0
-0.06 8.029185436 0 0
0.94 6.719647205 0 0
0.94 7.609389768 0 0
0.94 8.148709978 0 0
0.94 7.79038274 0 0
0.94 9.200592551 0 0
1.94 6.979574619 0 0
1.94 9.278908283 0 0
1.94 9.389015379 0 0
1.94 8.087721887 0 0
1.94 8.792575959 0 0
2.94 11.3879581 0 0
2.94 11.8572432 0 0
2.94 14.03548782 0 0
2.94 12.23521468 0 0
2.94 12.77401529 0 0
3.94 36.839764 0 0
3.94 47.40252776 0 0
3.94 42.97639837 0 0
3.94 43.05688968 0 0
3.94 35.48444102 0 0
EOD
$data2 << EOD
0.06 9.406527703 0 0
1.06 9.580929929 0 0
2.06 11.02519584 0 0
3.06 16.98309498 0 0
4.06 41.89211326 0 0
EOD
# |D| = 16
$data3 << EOD
0.06 9.023242479 0 0
0.06 9.324571973 0 0
0.06 9.597200953 0 0
0.06 9.472394058 0 0
0.06 9.615229053 0 0
1.06 9.016790068 0 0
1.06 9.37204449 0 0
1.06 10.06243048 0 0
1.06 9.54380414 0 0
1.06 9.90958047 0 0
2.06 10.16279423 0 0
2.06 10.85387948 0 0
2.06 10.4859691 0 0
2.06 11.02485859 0 0
2.06 12.5984778 0 0
3.06 16.49675991 0 0
3.06 15.91629061 0 0
3.06 17.76610576 0 0
3.06 16.95153023 0 0
3.06 17.78478838 0 0
4.06 41.57598531 0 0
4.06 41.05303624 0 0
4.06 42.95504284 0 0
4.06 45.32356736 0 0
4.06 38.55293456 0 0
EOD
plot $data0 using 1:2 with lines lw 2.5 dt 1 lc rgb '#0072b2' notitle, \
  $data1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title '|D| = 10', \
  $data2 using 1:2 with lines lw 2.5 dt 1 lc rgb '#d55e00' notitle, \
  $data3 using 1:2 with points pt 5 ps 0.7 lc rgb '#d55e00' title '|D| = 16'
