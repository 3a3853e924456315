#include "app/metrics_page.h"

#include <fmt/format.h>

namespace cairn::app {
namespace {

std::string metric(std::string_view name, std::string_view type, std::string_view help, uint64_t value) {
  return fmt::format("# HELP cairn_{0} {2}\n# TYPE cairn_{0} {1}\ncairn_{0} {3}\n", name, type, help, value);
}

}  // namespace

std::string metrics_page(const Measured& of) {
  std::string out;
  out += metric("calls_total", "counter", "Recorded calls.", of.calls.calls);
  out += metric("call_errors_total", "counter", "Recorded calls that were refused or failed.", of.calls.errors);
  out +=
      metric("authentication_failures_total", "counter", "Calls with no valid signature; not recorded.", of.calls.authentication_failures);
  out += metric("unavailable_total", "counter", "Calls answered 503 because nothing could be recorded.", of.calls.unavailable);
  out += metric("throttled_total", "counter", "Calls refused because too many waited.", of.calls.throttled);
  out += metric("incomplete_bodies_total", "counter", "Bodies that were too large, malformed or never came whole.", of.calls.incomplete);
  out += metric("conflicts_total", "counter", "Decisions made again after a concurrent change.", of.calls.conflicts);
  out += metric("record_bytes_total", "counter", "Bytes of records.", of.calls.record_bytes);
  out += metric("sensitive_total", "counter", "Recorded calls with what looks like a secret in a name.", of.calls.sensitive);
  out += metric("journal_position", "gauge", "Entries durable in the journal.", of.journal.durable().seq);
  out += metric("journal_oldest", "gauge", "Oldest entry the journal keeps.", of.journal.oldest().seq);
  out += metric("journal_accepting", "gauge", "1 while calls can be recorded.", of.journal.accepting() ? 1 : 0);
  out += metric("damaged_contents_total", "counter", "Times that stored content was not as it was written.", of.damage.count());
  out += metric("scrubbed_contents_total", "counter", "Contents of objects that the scrubber looked at.", of.scrubbed.contents);
  out += metric("scrubbed_bytes_total", "counter", "Bytes of these.", of.scrubbed.bytes);
  out += metric("scrub_rounds_total", "counter", "Times that it looked at all there are.", of.scrubbed.rounds);
  out += metric("state_checkpoint_position", "gauge", "Entry up to which state.db stands.", of.store.checkpointed().seq);
  out += metric("delivery_trails", "gauge", "Trails.", of.delivery.trails());
  out += metric("delivery_backlog", "gauge", "Entries that the slowest trail has not delivered yet.", of.delivery.backlog());
  out += metric("delivery_outgoing", "gauge", "Files and digests on their way to a bucket.",
                static_cast<uint64_t>(of.delivered.outgoing.load()));
  out += metric("delivery_files_total", "counter", "Log files of trails.", of.delivered.files);
  out += metric("delivery_events_total", "counter", "Events in them.", of.delivered.events);
  out += metric("delivery_digests_total", "counter", "Digests of trails.", of.delivered.digests);
  out += metric("delivery_failures_total", "counter", "Times that a bucket did not take a file.", of.delivered.put_failures);
  out += metric("delivery_dropped_total", "counter", "Events given up, as a backlog passed its limits.", of.delivered.dropped);
  out += metric("log_delivery_events_total", "counter", "Events of trails in log groups.", of.log_delivered.events);
  out += metric("log_delivery_failures_total", "counter", "Times that a log group did not take events.", of.log_delivered.failures);
  out += metric("log_delivery_too_large_total", "counter", "Events left out of log groups for their size.", of.log_delivered.too_large);
  out += metric("log_delivery_dropped_total", "counter", "Events given up, as a backlog passed its limit.", of.log_delivered.dropped);
  out += metric("outbox_items", "gauge", "Things on their way to somebody else.", of.outbox.items());
  out += metric("outbox_lanes", "gauge", "Targets that something waits for.", of.outbox.lanes());
  out += metric("outbox_arrived_total", "counter", "Things that arrived.", of.sent.arrived);
  out += metric("outbox_failures_total", "counter", "Tries that failed.", of.sent.failures);
  out += metric("outbox_dead_lettered_total", "counter", "Things put into their dead-letter queues.", of.sent.dead_lettered);
  out += metric("outbox_dropped_total", "counter", "Things given up.", of.sent.dropped);
  out += metric("outbox_too_many_total", "counter", "Of the last two: as too many waited.", of.sent.too_many);
  out += metric("rules_position", "gauge", "Entry up to which event buses have read.", of.rules.position().seq);
  out += metric("rules_events_total", "counter", "Events that came to a bus with rules.", of.ruled.events);
  out += metric("rules_matched_total", "counter", "Times that one of them was for a rule.", of.ruled.matched);
  out += metric("rules_scheduled_total", "counter", "Times of schedules that were kept.", of.ruled.scheduled);
  out += metric("rules_too_large_total", "counter", "Events that are too large for rules, or for a target.", of.ruled.too_large);
  out += metric("access_log_files_total", "counter", "Objects of server access logs.", of.access_logs.files);
  out += metric("access_log_bytes_total", "counter", "Bytes of lines in them.", of.access_logs.bytes);
  out += metric("access_log_failures_total", "counter", "Times that a bucket did not take one.", of.access_logs.failures);
  out += metric("access_log_dropped_bytes_total", "counter", "Bytes of lines given up, as their bucket took none.",
                of.access_logs.dropped_bytes);
  out += metric("history_position", "gauge", "Entry up to which the history has read.", of.history_feed.consumed().seq);
  out += metric("history_events", "gauge", "Events in the history.", of.history.events());
  out += metric("history_damaged", "gauge", "Places of the history's files that were found damaged since the start.", of.history.damaged());
  out += metric("logs_position", "gauge", "Entry up to which the log groups' store has read.", of.logs_feed.consumed().seq);
  out += metric("logs_events", "gauge", "Events in log groups.", of.logs.events());
  out += metric("log_queries_total", "counter", "Queries of log groups.", of.log_queries.started());
  out += metric("log_query_bytes_total", "counter", "Bytes of log events that queries looked at.", of.log_queries.scanned_bytes());
  out += metric("metric_filter_events_total", "counter", "Log events held against metric filters.", of.metric_filtering.events());
  out += metric("metric_filter_matches_total", "counter", "Times that one matched.", of.metric_filtering.matches());
  out += metric("metrics_position", "gauge", "Entry up to which the metrics' store has read.", of.measurements_feed.consumed().seq);
  out += metric("metrics_buckets", "gauge", "Metrics' spans of time with measurements.", of.measurements.buckets());
  out += metric("alarm_looks_total", "counter", "Times that an alarm was evaluated.", of.alarms.looks());
  out += metric("calls_waiting", "gauge", "Calls that wait for a message of a queue, or for a stack.", of.waiting_room.calls());
  out += metric("stacks_running", "gauge", "Stacks that something is done with.", of.stacks_running);
  if (of.http) {
    out += metric("http_connections_total", "counter", "Connections accepted.", of.http->connections);
    out += metric("http_open_connections", "gauge", "Connections open.", of.http->open_connections);
    out += metric("http_refused_connections_total", "counter", "Connections closed at once: too many.", of.http->refused_connections);
    out += metric("http_requests_total", "counter", "Requests read.", of.http->requests);
    out += metric("http_bad_requests_total", "counter", "Requests that were no HTTP/1.1.", of.http->bad_requests);
    out += metric("http_timeouts_total", "counter", "Connections ended for lack of progress.", of.http->timeouts);
  }
  return out;
}

}  // namespace cairn::app
