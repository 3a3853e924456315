#include <algorithm>

#include "api/operation.h"
#include "api/places.h"
#include "api/ports.h"
#include "aws/error.h"
#include "history/store.h"
#include "history/token.h"
#include "http/live_source.h"
#include "services/cairn/asked.h"
#include "services/cairn/shown.h"
#include "state/store.h"

namespace cairn::services {
namespace {

constexpr size_t kSessionsMax = 64, kSessionsOfAccountMax = 15;
constexpr size_t kEventsMax = 100;                  // told at once
constexpr size_t kWorkBytesMax = 4 << 20;           // of records looked at before others have their turn
constexpr std::chrono::milliseconds kWorkMax{100};  // the same, by the clock
constexpr std::chrono::milliseconds kLook{200};     // between looks at the history, once it was seen to its end
constexpr std::chrono::seconds kSilenceMax{15};     // then a comment shows that the session lives
constexpr std::chrono::hours kLasts{1};             // permissions are those of its beginning
constexpr std::chrono::minutes kCatchUpMax{1};      // then, to tell what has come by now

constexpr aws::ErrorKind kLimitExceeded{.code = "LimitExceededException"};

/// What is newer than this came after now. An account's own newest event is old enough where others' may not be told.
Result<history::Cursor> newest_of(history::History& history, const history::Query& asked) {
  history::Query query;
  query.account = asked.account;
  query.may_see = asked.may_see;
  query.category = history::Query::Category::kAll;
  query.limit = 1;
  const Result<history::Page> page = history.search(query);
  if (!page) return tl::unexpected(page.error());
  return page->events.empty() ? history::Cursor{} : page->events.front().cursor;
}

/// Whether this history has come so far: a place beyond its end is of what it was before it began anew, or was set back to a backup. The
/// state knows how far the journal went at the start, and up to the last change since, though the events may be gone or not be read yet;
/// of what came after that without a change, the history has the events.
Result<bool> has_come_to(api::Call& call, const history::Cursor& cursor) {
  if (cursor.position == 0 || (call.state != nullptr && cursor.position <= call.state->base().seq)) return true;
  history::Query query;
  query.category = history::Query::Category::kAll;
  query.order = history::Query::Order::kOldestFirst;
  query.may_see = [](const auto&...) { return true; };
  query.newer_than = history::Cursor{.position = cursor.position - 1, .index = UINT32_MAX};
  query.limit = 1;
  const Result<history::Page> page = call.ports->history->search(query);
  if (!page) return tl::unexpected(page.error());
  return !page->events.empty();
}

/// Tells its client what comes, as server-sent events, each by the Cursor that another session can go on from.
/// That cursor stands in its beginning and its end as well, so that who heard of no event can go on, too.
class Tail final : public http::LiveSource {
 public:
  Tail(std::unique_ptr<Asked> asked, history::History& history, const env::Clock& clock, std::shared_ptr<void> place)
      : place_(std::move(place)),
        asked_(std::move(asked)),
        history_(history),
        clock_(clock),
        query_(asked_->query()),
        ends_(clock.steady() + kLasts),
        told_(clock.steady()) {
    query_.order = history::Query::Order::kOldestFirst;
    query_.limit = kEventsMax;
    query_.work_bytes_max = kWorkBytesMax;
    query_.work_time_max = kWorkMax;
  }

  Piece next() override {
    Piece piece;
    const std::chrono::nanoseconds now = clock_.steady();
    if (!std::exchange(begun_, true))
      piece.bytes = fmt::format(": these are events from now on\nid: {}\n\n", history::cursor_text(*query_.newer_than));
    if (now >= ends_ && !newest_) {
      Result<history::Cursor> newest = newest_of(history_, query_);
      if (!newest) return {.bytes = {}, .is_broken = true};
      newest_ = *newest;
    }
    Result<history::Page> page = history_.search(query_);
    if (!page) return {.bytes = {}, .is_broken = true};
    for (const history::Event& event : page->events) {
      piece.bytes += fmt::format("id: {}\ndata: ", history::cursor_text(event.cursor));
      json::Writer out(piece.bytes);
      out.begin_object();
      write_shown_members(out, event);
      out.end_object();
      piece.bytes += "\n\n";
      told_of_ = event.cursor;
    }
    if (page->seen) query_.newer_than = page->seen;
    if (newest_ && (!page->next || now >= ends_ + kCatchUpMax)) {
      const auto place = [](const history::Cursor& cursor) { return std::pair(cursor.position, cursor.index); };
      if (!page->next) piece.bytes += fmt::format("id: {}\n", history::cursor_text(std::ranges::max(*newest_, told_of_, {}, place)));
      piece.bytes += "event: end\ndata: {\"message\":\"The session has lasted for an hour; begin another.\"}\n\n";
      piece.is_last = true;
      return piece;
    }
    if (!piece.bytes.empty()) {
      told_ = now;
    } else if (now - told_ >= kSilenceMax) {
      piece.bytes = ":\n\n";
      told_ = now;
    }
    if (!page->next) piece.pause = kLook;
    return piece;
  }

 private:
  const std::shared_ptr<void> place_;
  const std::unique_ptr<Asked> asked_;
  history::History& history_;
  const env::Clock& clock_;
  history::Query query_;
  const std::chrono::nanoseconds ends_;
  std::chrono::nanoseconds told_;
  bool begun_ = false;
  history::Cursor told_of_;                // the last event
  std::optional<history::Cursor> newest_;  // once its time is over
};

/// Events as they come, for an hour; NewerThan (or Last-Event-ID, as browsers send it) also tells what came since that one. Where there is
/// no such place the session begins at the newest event as if none had been named, which its beginning shows.
void tail_events(api::Call& call) {
  static api::Places places(kSessionsOfAccountMax, kSessionsMax);
  auto asked = std::make_unique<Asked>(call);
  const auto unreadable = [] { return aws::Error(aws::kInternalFailure, "The event history cannot be read; the server's log says why."); };
  const std::optional<history::Cursor>& named = asked->query().newer_than;
  const Result<bool> is_known = named ? has_come_to(call, *named) : false;
  if (!is_known) throw unreadable();
  if (!*is_known) {
    const auto newest = newest_of(*call.ports->history, asked->query());
    if (!newest) throw unreadable();
    asked->continue_behind(*newest);
  }
  std::shared_ptr<void> place = places.take(call.account.str());
  if (place == nullptr) throw aws::Error(kLimitExceeded, "There are too many sessions that follow events.");
  asked->tell_accounts(call);
  call.reply.headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}};
  call.reply.source = std::make_unique<Tail>(std::move(asked), *call.ports->history, *call.ports->clock, std::move(place));
}

constexpr api::Operation kOperations[] = {
    {.name = "TailEvents", .handle = tail_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cairn_tail;
const api::Family cairn_tail{"cairn", kOperations, api::Decides::kHandler};

}  // namespace cairn::services
