# What the suites need beyond Node.js, from the distribution's packages. Sourced by .ci/run.

# install_chromium: the browser of the console's tests. Chromium with windows does as well where it is there already.
install_chromium() {
  [ -n "${CHROMIUM:-}" ] || [ -x /usr/bin/chromium-headless-shell ] ||
    install_package chromium-headless-shell || [ -x /usr/bin/chromium ]
}

# install_pgbouncer: 1.21 or newer, which keeps prepared statements in transaction mode. Where the distribution has an
# older one, as Debian 12 does, the source package of Debian 13 is built.
install_pgbouncer() {
  local candidate
  is_recent_pgbouncer "${PGBOUNCER:-pgbouncer}" && return
  as_root apt-get update || return
  candidate=$(apt-cache policy pgbouncer | sed -n 's/ *Candidate: //p')
  if dpkg --compare-versions "$candidate" ge 1.21; then
    install_package pgbouncer
  else
    install_package build-essential dpkg-dev libevent-dev pkg-config && build_pgbouncer "$scratch/pgbouncer"
  fi && is_recent_pgbouncer pgbouncer
}

is_recent_pgbouncer() {
  local version
  version=$("$1" --version | sed -n 's/^PgBouncer //p') && dpkg --compare-versions "$version" ge 1.21
}

# build_pgbouncer DIRECTORY: in /usr/local/bin. The system's own package sources stay as they are.
build_pgbouncer() {
  local mirror apt
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
  apt=(apt-get -o "Dir::Etc::SourceList=$1/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$1/lists" -o "Dir::Cache=$1/cache")
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial" && echo "deb-src $mirror trixie main" >"$1/sources.list" &&
    "${apt[@]}" update && (cd "$1" && "${apt[@]}" source --download-only pgbouncer) &&
    dpkg-source --extract "$1"/pgbouncer_*.dsc "$1/source" &&
    (cd "$1/source" && ./configure --without-openssl --without-cares && make -j "$(nproc)" pgbouncer) &&
    as_root install --mode=755 "$1/source/pgbouncer" /usr/local/bin/pgbouncer
}

# install_package NAME...: with what they cannot do without.
install_package() {
  as_root apt-get update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
