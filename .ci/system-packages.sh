# What the suites need beyond Node.js, from the distribution's packages. Sourced by .ci/run.

# install_chromium: the browser of the console's tests, where there is none yet.
install_chromium() {
  [ -x "${CHROMIUM:-/usr/bin/chromium}" ] && return
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium
}
