// The program prints "loss NUMBER" as it trains: the last is to be below half of the first.
def losses = (new File(basedir, 'target/spirals/build.log').text =~ /loss (\d+\.\d+)/).collect { it[1] as double }
assert losses.size() > 1 && losses.last() < 0.5 * losses.first() : "the losses are $losses"
