# What the suites need beyond Node.js, from the distribution's packages. Sourced by .ci/run.

# install_chromium: the browser of the console's tests. Chromium with windows does as well where it is there already.
install_chromium() {
  [ -n "${CHROMIUM:-}" ] || [ -x /usr/bin/chromium-headless-shell ] ||
    install_package chromium-headless-shell || [ -x /usr/bin/chromium ]
}

# install_package NAME: with what it cannot do without.
install_package() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$1"
}
