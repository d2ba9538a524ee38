# Runs a program that may open what programs need to run, what is named to be read (a path in each line), and the files handed to it as descriptors
# 3 and 4, and nothing else; that may neither look into a process outside nor send it a signal; and that may connect by TCP to one port, or to none. It can't lift that again, and neither can
# what it starts. The kernel's Landlock asks for no privilege, but for system calls that no shell can make, and Perl is on every Debian.
#   perl -e "$(cat landlock.pl)" -- PORT|'' PATHS|'' program arguments...   (as text: its account may pass through no folder of ours)
# Ends with 126 when the kernel has none of it. What a kernel doesn't have yet (its ABI says) is left out. Man page: landlock(7).
use strict;
use warnings;

# The same numbers on all of Linux's architectures.
my ($CREATE_RULESET, $ADD_RULE, $RESTRICT_SELF) = (444, 445, 446);
my ($RULE_PATH_BENEATH, $RULE_NET_PORT, $ASK_FOR_ABI) = (1, 2, 1);
my ($EXECUTE, $WRITE_FILE, $READ_FILE, $READ_DIR, $TRUNCATE) = (1, 1 << 1, 1 << 2, 1 << 3, 1 << 14);
my $CONNECT = 1 << 1;
my $O_PATH = 010000000;
# What a program and its libraries are made of; certificates and names of a relay. /proc shows nothing of a process outside but what ps shows.
my @READ = qw(/usr /lib /lib32 /lib64 /bin /proc /dev/null /dev/zero /dev/random /dev/urandom /etc/ld.so.cache /etc/ssl /etc/gnutls
  /etc/hosts /etc/resolv.conf /etc/nsswitch.conf /etc/host.conf /etc/gai.conf /etc/localtime /nix/store);

my ($port, $paths, $program, @arguments) = @ARGV;
my $abi = syscall($CREATE_RULESET, 0, 0, $ASK_FOR_ABI);
refuse('the kernel has no Landlock') if $abi < 1;
my @bits_of_abi = (0, 13, 14, 15, 15, 16);
my $handled = (1 << $bits_of_abi[$abi > 5 ? 5 : $abi]) - 1;
my $attributes = pack('QQQ', $handled, $abi >= 4 ? 3 : 0, $abi >= 6 ? 3 : 0);
my $ruleset = syscall($CREATE_RULESET, $attributes, $abi >= 6 ? 24 : $abi >= 4 ? 16 : 8, 0);
refuse('no ruleset') if $ruleset < 0;

allow_path($_, $READ_FILE | $READ_DIR | $EXECUTE) for @READ, path_of($program), split(/\n/, $paths);
allow_path('/dev/null', $WRITE_FILE | $READ_FILE);
allow($_->[0], $_->[1]) for [3, $READ_FILE], [4, $READ_FILE | $WRITE_FILE | $TRUNCATE];
if ($port ne '' && $abi >= 4) {
  syscall($ADD_RULE, $ruleset, $RULE_NET_PORT, pack('QQ', $CONNECT, $port), 0) == 0 or refuse("no rule for port $port");
}
syscall($RESTRICT_SELF, $ruleset, 0) == 0 or refuse('not restricted');
exec { $program } $program, @arguments or exit($!{ENOENT} ? 127 : 126);

sub allow_path {
  my ($path, $rights) = @_;
  sysopen(my $handle, $path, $O_PATH) or return;
  allow(fileno($handle), -d $path ? $rights : $rights & ~$READ_DIR);
}

# A descriptor that nobody handed over is no fault.
sub allow {
  my ($descriptor, $rights) = @_;
  syscall($ADD_RULE, $ruleset, $RULE_PATH_BENEATH, pack('Ql', $rights & $handled, $descriptor), 0);
}

sub path_of {
  my ($name) = @_;
  return $name if $name =~ m{/};
  for my $folder (split /:/, $ENV{PATH} // '') { return "$folder/$name" if -x "$folder/$name" }
  return ();
}

sub refuse {
  print STDERR "landlock: $_[0]\n";
  exit 126;
}
