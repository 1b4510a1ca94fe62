# What is known to be unsafe of what is installed. Sourced by .ci/run.

# registry_audits: whether the package registry tells of vulnerabilities. A mirror may not; then nothing can be said.
registry_audits() {
  local report
  # It fails where there are some, and reports them all the same.
  report=$(npm audit --json 2>/dev/null </dev/null) || true
  [[ $report == *'"auditReportVersion"'* ]]
}
