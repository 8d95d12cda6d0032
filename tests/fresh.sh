#!/usr/bin/env bash
# The trial of a new user: a bare Debian 12 in a folder of its own, the project cloned into it, and the two commands of
# README.md. Needs root, debootstrap, git and an hour; changes nothing outside its folder. Not part of ./dev test.
#
#   tests/fresh.sh [--test] [--user] [--keep] [FOLDER]
#     --test: also ./dev test    --user: as an ordinary user with sudo    --keep: leave the tree (second time: no download)
set -euo pipefail
root=$(readlink -f "$(dirname "$0")/..")

with_tests=no as_user=no keep=no folder=''
for option in "$@"; do
  case $option in
    --test) with_tests=yes ;;
    --user) as_user=yes ;;
    --keep) keep=yes ;;
    -*) echo "fresh.sh has no option '$option'" >&2; exit 2 ;;
    *) folder=$option ;;
  esac
done
[ "$(id -u)" = 0 ] || { echo "fresh.sh makes a tree with debootstrap and enters it: run it as root" >&2; exit 1; }
for program in debootstrap git; do
  command -v "$program" >/dev/null || { echo "fresh.sh needs $program: apt-get install $program" >&2; exit 1; }
done
[ -n "$folder" ] || folder=$(mktemp -d)
mkdir -p "$folder"
folder=$(readlink -f "$folder")
tree=$folder/tree
home=/root
[ "$as_user" = no ] || home=/home/tester
readonly PORT=${FRESH_PORT:-19000}

unmount_all() {
  local place
  for place in dev/shm dev/pts dev proc; do
    mountpoint -q "$tree/$place" && umount "$tree/$place"
  done
  return 0
}
clean_up() {
  unmount_all
  [ "$keep" = yes ] || rm -rf --one-file-system "$tree"
}

# The sources and the configuration of this machine's apt, without those of other vendors.
copy_apt_configuration() {
  local file
  rm -f "$tree"/etc/apt/sources.list "$tree"/etc/apt/sources.list.d/*
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    if [ -f "$file" ] && grep -Eq '^[^#]*[[:space:]]bookworm([[:space:]]|$)' "$file"; then
      cp --parents "$file" "$tree"
    fi
  done
  cp -r /etc/apt/apt.conf.d /etc/apt/trusted.gpg.d "$tree/etc/apt/"
  rm -f "$tree"/etc/apt/apt.conf.d/*docker* "$tree"/etc/apt/apt.conf.d/*packagekit* "$tree"/etc/apt/apt.conf.d/*appstream*
  cp -r /usr/share/keyrings/. "$tree/usr/share/keyrings/"
  mkdir -p "$tree/etc/ssl/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/" 2>/dev/null || true
  cp -L /etc/resolv.conf /etc/hosts "$tree/etc/"
}

# The mirror that this machine's own sources name.
mirror() {
  sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+) bookworm .*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    grep -E '/debian/?$' | head -n 1
}

make_tree() {
  [ -e "$tree/etc/fresh-tree" ] && return
  echo "==> A bare Debian 12 in $tree"
  debootstrap --variant=minbase bookworm "$tree" "$(mirror)" >"$folder/debootstrap.log" 2>&1 ||
    { tail -n 20 "$folder/debootstrap.log" >&2; exit 1; }
  touch "$tree/etc/fresh-tree"
}

# With the registry and proxy settings of this machine, and nothing else of its environment.
enter() {
  local keep_names=() name
  while IFS= read -r name; do keep_names+=("$name=${!name}"); done \
    < <(compgen -e | grep -Ei '^(https?_proxy|no_proxy|npm_config_.*|NODE_EXTRA_CA_CERTS)$' || true)
  chroot "$tree" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    "${keep_names[@]}" "$@"
}

in_project() {
  if [ "$as_user" = yes ]; then
    enter su tester -c "cd $home/objstore && $*"
  else
    enter sh -c "cd $home/objstore && $*"
  fi
}

timed() {
  local started=$SECONDS
  echo "==> $*"
  in_project "$*"
  echo "==> '$*' took $((SECONDS - started)) s"
}

trap clean_up EXIT
make_tree
copy_apt_configuration
mount -t proc proc "$tree/proc"
mount --bind /dev "$tree/dev"
mount --bind /dev/pts "$tree/dev/pts"
mount --bind /dev/shm "$tree/dev/shm"

if [ "$as_user" = yes ]; then
  enter sh -c 'id tester >/dev/null 2>&1 || useradd -m -s /bin/bash tester'
  enter sh -c 'apt-get update -q && apt-get install -y -q --no-install-recommends sudo' >"$folder/sudo.log" 2>&1
  printf 'tester ALL=(ALL) NOPASSWD: ALL\n' >"$tree/etc/sudoers.d/tester"
fi
rm -rf "${tree:?}$home/objstore"
git -c safe.directory='*' clone -q --no-hardlinks "$root" "$tree$home/objstore"
[ "$as_user" = no ] || enter chown -R tester: "$home/objstore"

timed "./dev run --once --port $PORT"
timed "./dev run --once --port $PORT"
[ "$with_tests" = no ] || timed "./dev test"
echo "==> The commands of the README work in a bare tree"
