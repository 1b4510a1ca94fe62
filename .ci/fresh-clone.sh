# Starts the server in a fresh clone, asks it something, and stops it. Sourced by .ci/run.

# starts_in_fresh_clone DIRECTORY [USER]: fails unless the server gets ready, answers, and leaves nothing behind.
starts_in_fresh_clone() {
  local clone=$1 user=${2:-} temporary="$scratch/tmp" log="$scratch/start.log" url npm status=0
  local as=(env TMPDIR="$temporary" PORT=0)
  git clone --quiet "$PWD" "$clone" && mkdir "$temporary" && chmod 1777 "$temporary" || return
  if [ -n "$user" ]; then
    mkdir "$scratch/home" && chown -R "$user:" "$clone" "$scratch/home" || return
    as=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "${as[@]}" HOME="$scratch/home")
  fi

  (cd "$clone" && exec "${as[@]}" npm start) >"$log" 2>&1 &
  npm=$!
  url=$(wait_for_url "$npm" "$log") && answers "$url" "$clone/.data/operator-token" || status=1
  kill -TERM "$npm"
  wait "$npm" || { echo "npm start ended with exit code $?"; status=1; }
  leaves_nothing "$clone" "$temporary" || status=1
  [ $status = 0 ] || cat "$log"
  rm -rf "$clone" "$temporary" "$scratch/home"
  return $status
}

# wait_for_url PID LOG: prints where the server says it listens, within five minutes.
wait_for_url() {
  local url
  for _ in $(seq 600); do
    url=$(sed -n 's/.*"url":"\([^"]*\)","msg":"Listening".*/\1/p' "$2")
    if [ -n "$url" ]; then
      echo "$url"
      return
    fi
    kill -0 "$1" 2>/dev/null || break
    sleep 0.5
  done
  echo 'The server did not start.' >&2
  return 1
}

# answers URL TOKEN_FILE: whether the server is ready, serves the console, and runs an operation on its demo data.
answers() {
  curl --fail --silent --show-error --max-time 10 "$1/ready" || return
  curl --fail --silent --show-error --max-time 10 "$1/" | grep '<title>Taproot</title>' || return
  curl --silent --show-error --max-time 10 "$1/graphql" \
    -H 'content-type: application/json' -H "authorization: Bearer $(cat "$2")" \
    -d '{"query":"{ organizations { edges { node { name } } } }"}' | grep '"name"'
}

# leaves_nothing DIRECTORY TEMPORARY: no process that lives in the directory, and nothing of ours in the temporary one.
leaves_nothing() {
  local link left
  left=$(for link in /proc/[0-9]*/{cwd,exe}; do readlink "$link"; done 2>/dev/null | grep -E "^($1|$2)(/|$)")
  left+=$(find "$2" -mindepth 1 -maxdepth 1 -name 'taproot-*')
  [ -z "$left" ] || echo "Left behind: $left"
  [ -z "$left" ]
}
