-- Prints what wrk counted as one JSON object, times in microseconds.
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"seconds": %f, "requests": %d, "bytes": %d, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.duration / 1e6, summary.requests, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
