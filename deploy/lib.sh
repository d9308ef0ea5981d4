# What the scripts in this directory share; they source it.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# The feature release (17, 25) of the Java in $1, or 0 where it has no program $2.
java_release() {
  local home=$1 program=$2 line version=''
  [[ -x $home/bin/$program ]] || { echo 0; return; }
  if [[ -r $home/release ]]; then
    while IFS= read -r line; do
      [[ $line == JAVA_VERSION=* ]] && version=${line#*=}
    done <"$home/release"
  fi
  [[ -n $version ]] || version=$("$home/bin/java" -version 2>&1 | sed -n '1s/.* version \("[^"]*"\).*/\1/p')
  version=${version//\"/}
  version=${version%%[!0-9]*}
  echo "${version:-0}"
}

# Homes in the order of preference: what the user chose, what the path has, what else is installed.
java_homes() {
  local program file name
  [[ -n ${JAVA_HOME:-} ]] && echo "$JAVA_HOME"
  for program in javac java; do
    file=$(command -v "$program") && dirname "$(dirname "$(readlink -f "$file")")"
  done
  for name in ${!JAVA_HOME_@}; do
    echo "${!name}"
  done
  for file in /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [[ -d $file && ! -L $file ]] && echo "$file"
  done
  return 0
}

# The first home whose release is within $1 (oldest) and $2 (newest) and that has the program $3: java, javac.
find_java() {
  local home release
  while IFS= read -r home; do
    release=$(java_release "$home" "$3")
    if ((release >= $1 && release <= $2)); then
      echo "$home"
      return
    fi
  done <<<"$(java_homes)"
  return 1
}

# The home with the newest release from $1 on that has the program $2.
newest_java() {
  local home release best='' newest=$(($1 - 1))
  while IFS= read -r home; do
    release=$(java_release "$home" "$2")
    ((release <= newest)) || { newest=$release; best=$home; }
  done <<<"$(java_homes)"
  [[ -n $best ]] && echo "$best"
}

# The processes that a script started, and ends when it ends itself: those and no others.
children=()

# gone PID SECONDS: waits for the end of a process; 1 where it is still there after that time.
gone() {
  local tries=$(($2 * 10))
  while kill -0 "$1" 2>/dev/null; do
    ((tries-- > 0)) || return 1
    sleep 0.1
  done
}

end_children() {
  local pid i
  # The last one started goes first: what uses a thing ends before the thing.
  for ((i = ${#children[@]} - 1; i >= 0; i--)); do
    pid=${children[i]}
    kill "$pid" 2>/dev/null || continue
    gone "$pid" 10 || kill -KILL "$pid" 2>/dev/null || true
  done
  children=()
}

# watched WHAT LOG COMMAND...: runs the command with its output in LOG, and shows that it goes on.
watched() {
  local what=$1 log=$2 pid status=0 seconds=0 every=10
  shift 2
  [[ -t 1 ]] && every=1
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  children+=("$pid")
  [[ -t 1 ]] || say "$what"
  while kill -0 "$pid" 2>/dev/null; do
    if [[ -t 1 ]]; then
      printf '\r\033[K%s: %d s  %.60s' "$what" "$seconds" "$(tail -n 1 "$log")"
    elif ((seconds > 0 && seconds % every == 0)); then
      printf '  %d s: %.80s\n' "$seconds" "$(tail -n 1 "$log")"
    fi
    # In the background, so that a signal is acted upon at once.
    sleep 1 &
    wait $!
    seconds=$((seconds + 1))
  done
  [[ -t 1 ]] && printf '\r\033[K%s: %d s\n' "$what" "$seconds"
  wait "$pid" || status=$?
  unset "children[$((${#children[@]} - 1))]"
  return "$status"
}

# tagged TAG LOG COMMAND...: shows the command's output line by line after TAG, a sign of life when it is silent, and
# keeps it in LOG. The status is the command's.
tagged() {
  local tag=$1 log=$2 directory pid reader status=0
  shift 2
  directory=$(mktemp -d)
  mkfifo "$directory/pipe"
  tag_lines "$tag" "$log" <"$directory/pipe" &
  reader=$!
  "$@" >"$directory/pipe" 2>&1 </dev/null &
  pid=$!
  children+=("$pid")
  wait "$pid" || status=$?
  rm -r "$directory"
  unset "children[$((${#children[@]} - 1))]"
  # What the command left running may hold the pipe open.
  gone "$reader" 5 || kill "$reader"
  return "$status"
}

tag_lines() {
  local line part='' status since=$SECONDS
  while :; do
    status=0
    IFS= read -r -t 30 line || status=$?
    if ((status == 0)); then
      printf '%s %s\n' "$1" "$part$line"
      printf '%s\n' "$part$line" >>"$2"
      part=
    elif ((status > 128)); then
      part+=$line
      printf '%s ... %d s\n' "$1" $((SECONDS - since))
    else
      [[ -z $part$line ]] || printf '%s %s\n' "$1" "$part$line" | tee -a "$2"
      return 0
    fi
  done
}

# The packages that a build needs and that are not there, a line each.
build_needs() {
  find_java 17 99 javac >/dev/null || echo openjdk-17-jdk-headless
  command -v mvn >/dev/null || echo maven
}

# install WHY PACKAGE...: installs Debian packages without starting their daemons, or says what is missing where it
# may not.
install() (
  why=$1
  shift
  as_root=()
  command -v apt-get >/dev/null || die "$why. This is not Debian: please install what Debian calls: $*"
  if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || die "$why; it may not install it here (not root, no sudo without a password). As root:
    apt-get install $*"
    as_root=(sudo -n)
  fi
  trap 'end_children' EXIT
  trap 'exit 130' INT
  log=$(mktemp)
  # Debian's way to say that a package's daemon shall not start.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'end_children; "${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  # Old lists name packages that the mirror no longer has. Without a network the lists at hand may do.
  watched "reading the package lists" "$log" "${as_root[@]}" apt-get -q update ||
    say "  no new lists: $(tail -n 1 "$log")"
  watched "installing $*" "$log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qy --no-install-recommends -o DPkg::Lock::Timeout=120 install "$@" || {
    tail -n 20 "$log" >&2
    die "could not install $* (the whole log: $log)"
  }
  rm -f "$log"
)

# until_true SECONDS PID COMMAND...: 1 when the time is over, 2 when the process ended before.
until_true() {
  local tries=$(($1 * 10)) pid=$2
  shift 2
  until "$@"; do
    kill -0 "$pid" 2>/dev/null || return 2
    ((tries-- > 0)) || return 1
    sleep 0.1
  done
}

# `data` and `top` below are the caller's: the relay's data directory, and the top of this tree.

# The first address of the listener $1 in the run.json of the data directory `data`, as "host port", both to connect to.
listener() {
  local address
  # shellcheck disable=SC2154
  address=$(tr -d ' \n' <"$data/run.json" | sed -n 's/.*"'"$1"'":\["\([^"]*\)".*/\1/p')
  [[ -n $address ]] || return 1
  local host=${address%:*}
  host=${host#[}
  host=${host%]}
  case $host in
    0.0.0.0 | '*') host=127.0.0.1 ;;
    ::) host=::1 ;;
  esac
  echo "$host" "${address##*:}"
}

running_pid() { tr -d ' \n' 2>/dev/null <"$data/run.json" | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'; }

# The class-data archive of the program $1 (relay-server, relay-client) for the Java in $2: what a first tunnel takes, laid
# out for the JVM to map into memory. It starts in half the time.
# shellcheck disable=SC2154
class_archive() { echo "$top/$1/target/$1-$(java_release "$2" java).jsa"; }

# Sets `archived` to the flags that use the archive, where there is one. One that does not fit this Java or these jars is
# left aside by the JVM, which would say so on each start.
use_class_archive() {
  local file
  file=$(class_archive "$1" "$2")
  archived=()
  # shellcheck disable=SC2034
  [[ ! -r $file ]] || archived=("-XX:SharedArchiveFile=$file" -Xlog:disable)
}
