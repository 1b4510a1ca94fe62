# What is known to be unsafe of what is installed. Sourced by .ci/run.

# registry_audits: whether the package registry tells of vulnerabilities. A mirror may not; then nothing can be said.
registry_audits() {
  npm audit --json 2>/dev/null </dev/null | grep -q '"auditReportVersion"'
}
