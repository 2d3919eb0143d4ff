# What every session is told first: functions for dash, busybox and bash that write nothing and need no GNU tool where another one does.
# rp_s carries an answer's status: a number, or a word such as ENOENT. rp_n is the session's nonce.

rp_path=$PATH
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec 3>&1
rp_tool() { command -v "$1" >/dev/null 2>&1; }
rp_stat=ls
stat -c %f / >/dev/null 2>&1 && rp_stat=stat
rp_head=dd
[ "$(printf abc | head -c 2 2>/dev/null)" = ab ] && rp_head=head
rp_clock=none
case $(timeout --version 2>/dev/null </dev/null) in
*GNU*) rp_clock=timeout ;;
*) if rp_tool setsid; then rp_clock=setsid; fi ;;
esac
rp_cat=$(command -v cat)

# Why a path is not there: walks up to what is.
rp_why() {
  rp_q=$1
  while :; do
    rp_q=${rp_q%/*}
    [ -n "$rp_q" ] || rp_q=/
    if [ -d "$rp_q" ]; then
      if [ -x "$rp_q" ]; then rp_e=ENOENT; else rp_e=EACCES; fi
      return
    elif [ -e "$rp_q" ]; then
      rp_e=ENOTDIR
      return
    elif [ -L "$rp_q" ]; then
      rp_loops "$rp_q"
      return
    elif [ "$rp_q" = / ]; then
      rp_e=ENOENT
      return
    fi
  done
}
rp_loops() {
  case $(LC_ALL=C cat "$1/." 2>&1 </dev/null) in
  *'oo many'*) rp_e=ELOOP ;;
  *) rp_e=ENOENT ;;
  esac
}
# $1: 1 follows links.
rp_look() {
  if [ -e "$2" ]; then return 0; fi
  if [ -L "$2" ]; then
    [ "$1" = 0 ] && return 0
    rp_loops "$2"
  else
    rp_why "$2"
  fi
  return 1
}
# One word for every path, then one line for every one that is there.
rp_stats() {
  rp_follow=$1
  shift
  rp_left=$#
  while [ "$rp_left" -gt 0 ]; do
    rp_p=$1
    shift
    rp_left=$((rp_left - 1))
    if rp_look "$rp_follow" "$rp_p"; then
      set -- "$@" "$rp_p"
      printf 'OK '
    else
      printf '%s ' "$rp_e"
    fi
  done
  printf '\n'
  [ $# -gt 0 ] || return 0
  if [ "$rp_follow" = 1 ]; then rp_l=L; else rp_l=; fi
  if [ "$rp_stat" = stat ]; then
    LC_ALL=C stat ${rp_l:+-L} -c '%f %u %g %s %Y' -- "$@" 2>/dev/null
    return 0
  fi
  for rp_p; do
    LC_ALL=C ls "-ldn$rp_l" -- "$rp_p" 2>/dev/null | {
      IFS= read -r rp_line
      printf '%s\n' "$rp_line"
    }
  done
}
rp_readable() {
  if ! rp_look 1 "$1"; then
    rp_s=$rp_e
  elif [ -d "$1" ]; then
    rp_s=EISDIR
  elif [ ! -f "$1" ] && [ "$1" != /dev/null ]; then
    rp_s=ENOTREGULAR
  elif [ ! -r "$1" ]; then
    rp_s=EACCES
  else
    return 0
  fi
  return 1
}
# $2: bytes; $3: as many blocks.
rp_read() {
  rp_readable "$1" || return 0
  if [ "$rp_head" = head ]; then
    head -c "$2" <"$1" 2>/dev/null || rp_s=EIO
  else
    dd bs=65536 count="$3" <"$1" 2>/dev/null || rp_s=EIO
  fi
}
rp_digest() {
  rp_readable "$1" || return 0
  if rp_tool "$2sum"; then
    "$2sum" <"$1" || rp_s=EIO
  elif rp_tool openssl; then
    openssl dgst -r "-$2" <"$1" || rp_s=EIO
  else
    rp_s="neither $2sum nor openssl is installed there"
  fi
}
rp_link() {
  if ! rp_look 0 "$1"; then
    rp_s=$rp_e
  elif [ -L "$1" ]; then
    readlink -- "$1" || rp_s=EIO
  else
    rp_s=EINVAL
  fi
}
rp_real() {
  if rp_look 1 "$1"; then readlink -f -- "$1" || rp_s=EIO; else rp_s=$rp_e; fi
}
rp_list() {
  if ! rp_look 1 "$1"; then
    rp_s=$rp_e
  elif [ ! -d "$1" ]; then
    rp_s=ENOTDIR
  elif [ ! -r "$1" ] || [ ! -x "$1" ]; then
    rp_s=EACCES
  else
    for rp_f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
      if [ -e "$rp_f" ] || [ -L "$rp_f" ]; then printf '%s\000' "${rp_f##*/}"; fi
    done
  fi
}
# $2: seconds.
rp_statfs() {
  if ! rp_look 1 "$1"; then
    rp_s=$rp_e
  elif [ "$rp_clock" = timeout ]; then
    LC_ALL=C timeout -s KILL "$2" stat -f -c '%b %f' -- "$1" || rp_s=$?
  else
    LC_ALL=C stat -f -c '%b %f' -- "$1" || rp_s=EIO
  fi
}
# $1: seconds; then the program and its arguments.
rp_run() {
  rp_sec=$1
  shift
  if ! rp_tool "$1"; then
    rp_s=missing
  elif [ "$rp_clock" = timeout ]; then
    LC_ALL=C timeout -s KILL "$rp_sec" "$@" </dev/null 3>&-
    rp_s=$?
  else
    LC_ALL=C "$@" </dev/null 3>&-
    rp_s=$?
  fi
}
rp_has() {
  if (PATH=$rp_path && command -v "$1") >/dev/null 2>&1; then rp_s=yes; else rp_s=no; fi
}

# A user's command. Both its outputs go through pumps that end with the last process that holds them, so that nothing which it left in the
# background writes into another answer. What the shell itself says (that a signal ended the command), the status and a last full stop
# are caught apart.
rp_inner='exec 5>&1 6>&2
{ { (exec </dev/null 2>&4 3>&- 4>&- 5>&- 6>&-; PATH=$2; exec sh -c "$1"); echo "<$?>" >&5; } 2>&5 | cat >&3 3>&- 4>&- 5>&- 6>&-; } 4>&1 | cat >&6 3>&- 5>&- 6>&-
echo . >&5'
# $1: seconds; $2: the same without a fraction; $3: the command.
rp_shell() {
  case $rp_clock in
  timeout) rp_m=$(timeout -s KILL "$1" sh -c "$rp_inner" sh "$3" "$rp_path") ;;
  setsid) rp_m=$(rp_watched "$@") ;;
  *) rp_m=$(sh -c "$rp_inner" sh "$3" "$rp_path") ;;
  esac
  case $rp_m in
  *'>
.') ;;
  *)
    rp_s=timeout
    return
    ;;
  esac
  rp_s=${rp_m##*<}
  rp_s=${rp_s%%>*}
  case $rp_m in
  '<'*) ;;
  *) rp_s="$rp_s signal" ;;
  esac
}
rp_watched() {
  setsid sh -c "$rp_inner" sh "$3" "$rp_path" &
  rp_pid=$!
  setsid sh -c 'sleep "$1" || sleep "$2"; kill -9 "-$3"' sh "$1" "$2" "$rp_pid" >/dev/null 2>&1 </dev/null 3>&- &
  rp_watch=$!
  {
    wait "$rp_pid"
    # By number too: it may not yet have a group of its own.
    kill -9 "$rp_watch" "-$rp_watch"
  } 2>/dev/null
}

# Numbers in a line; then, for each, its stat, status and command line behind the mark that `env` puts into the environment of `cat`:
# an argument that looked like a mark would have to know it. $1: the mark.
rp_processes() {
  rp_mark=$1
  set --
  for rp_p in /proc/[0-9]*; do
    if [ -r "$rp_p/stat" ]; then
      printf '%s ' "${rp_p#/proc/}"
      set -- "$@" /proc/self/environ "$rp_p/stat" /proc/self/environ "$rp_p/status" /proc/self/environ "$rp_p/cmdline"
    fi
    if [ $# -ge 1200 ]; then
      rp_cats "$@"
      set --
    fi
  done
  if [ $# -gt 0 ]; then rp_cats "$@"; fi
}
rp_cats() {
  printf '\n'
  env -i "RP=$rp_mark" "$rp_cat" "$@" 2>/dev/null
  env -i "RP=$rp_mark" "$rp_cat" /proc/self/environ
  printf '\n'
}
