#include "archive/verify.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <set>

#include "archive/chain.h"
#include "archive/crew.h"
#include "archive/examine.h"
#include "archive/unreferenced.h"

namespace cairn::archive {
namespace {

constexpr size_t kDigestsAtOnce = 16;      // read before their files are looked at
constexpr size_t kDigestsMax = 1'000'000;  // of one region: a century of hours
constexpr size_t kFilesAtOnce = 2048;      // between two reports of progress
/// A log file of a digest's period may be delivered so long after the time in its name, and then belongs to the next digest.
constexpr std::chrono::minutes kLate{15};

/// One account's files of one region: what one listing holds.
struct Scope {
  Place place;  // without trail
  aws::Region region;
};

struct NamedDigest {
  std::string key;
  ParsedKey name;
};

class Verification {
 public:
  Verification(const VerifyRequest& request, Objects& objects, const KeysOfRegion& keys,
               const std::function<void(const VerifyProgress&)>& progress)
      : request_(request), objects_(objects), keys_of_(keys), progress_(progress), crew_(std::max<size_t>(request.threads, 1)) {}

  Result<VerifyReport> run() {
    const auto scopes = find_scopes();
    if (!scopes) return tl::unexpected(scopes.error());
    for (const Scope& scope : *scopes) {
      if (const auto done = verify_scope(scope); !done) return tl::unexpected(done.error());
    }
    return std::move(report_);
  }

 private:
  /// One trail in the region at hand.
  struct Walk {
    bool asked = false;  // else its digests are read for the names in them only: trails may share a directory
    VerifiedChain result;
    std::unique_ptr<Chain> periods, backfill;
    std::optional<ExaminedDigest> witness;  // the first digest behind the range: what it says of the last one in it
  };

  // --- what is there

  Result<std::vector<Scope>> find_scopes() {
    const std::string root = request_.prefix.empty() ? "AWSLogs/" : request_.prefix + "/AWSLogs/";
    std::set<std::pair<std::pair<std::string, std::string>, std::string>> found;  // organization, account; region
    std::string after;
    while (true) {
      const auto page = objects_.list(request_.bucket, root, after, 1);
      if (!page) return tl::unexpected(page.error());
      if (page->empty()) break;
      const std::string& key = page->front();
      if (key <= after) return failure("the listing of s3://{}/{} does not go forward", request_.bucket, root);
      after = skip_region(key, root.size(), found);
    }
    std::vector<Scope> scopes;
    for (const auto& [owner, region] : found) {
      Scope scope{.place = {.prefix = request_.prefix, .organization = owner.first, .account = aws::AccountId(owner.second)},
                  .region = aws::Region(region)};
      if (request_.account && scope.place.account != *request_.account) continue;
      if (!request_.regions.empty() && std::ranges::find(request_.regions, scope.region) == request_.regions.end()) continue;
      scopes.push_back(std::move(scope));
    }
    return scopes;
  }

  /// Notes the region whose directory `key` lies in, and returns where to list on: behind the directory.
  static std::string skip_region(const std::string& key, size_t root, auto& found) {
    std::string_view rest = std::string_view(key).substr(root);
    std::vector<std::string_view> parts;
    while (parts.size() < 4 && rest.find('/') != rest.npos) {
      parts.push_back(rest.substr(0, rest.find('/')));
      rest.remove_prefix(rest.find('/') + 1);
    }
    const size_t organization = !parts.empty() && parts[0].starts_with("o-") ? 1 : 0;
    if (parts.size() < 3 + organization) return key;
    const std::string_view account = parts[organization], kind = parts[organization + 1], region = parts[organization + 2];
    if (!aws::is_account_id(account)) return key;
    if ((kind == "CloudTrail" || kind == "CloudTrail-Digest") && aws::is_region(region))
      found.insert({{organization ? std::string(parts[0]) : "", std::string(account)}, std::string(region)});
    const size_t end = static_cast<size_t>(region.data() + region.size() - key.data());
    return key.substr(0, end) + "/\xff";
  }

  bool is_asked(const Place& place) const {
    return (request_.trail_name.empty() || place.trail_name == request_.trail_name) && (!request_.home || place.home == *request_.home);
  }

  /// The digests of a region by time: those that cover some of the range, and those behind it.
  struct Digests {
    std::vector<NamedDigest> in_range, later;
  };
  Result<Digests> list_digests(const Scope& scope) {
    Digests out;
    const std::string prefix = digest_prefix(scope.place, scope.region);
    Listing listing(objects_, request_.bucket, prefix, request_.start ? prefix + day_of(*request_.start) : "");
    std::set<std::string> ended;  // trails of which a digest has come that ends at or behind the range's end
    while (true) {
      const auto key = listing.peek();
      if (!key) return tl::unexpected(key.error());
      if (!*key) break;
      auto name = parse_key(**key);
      if (!name || name->kind == ParsedKey::Kind::kLogFile || name->place.prefix != scope.place.prefix) {
        if (!(*key)->ends_with('/'))
          report_.add(
              {Kind::kLogUnreferenced, request_.bucket, **key, "the object is among the digests, but its name is none of a digest"});
      } else if (!request_.start || name->time > *request_.start) {
        if (out.in_range.size() + out.later.size() == kDigestsMax)
          return failure("there are more than {} digests in {}", kDigestsMax, prefix);
        const std::string trail = trail_of(*name);
        const bool at_end = request_.end && name->time >= *request_.end;
        const bool behind = at_end && (name->kind == ParsedKey::Kind::kBackfillDigest || !ended.insert(trail).second);
        (behind ? out.later : out.in_range).push_back({**key, std::move(*name)});
      }
      listing.advance();
    }
    for (auto* list : {&out.in_range, &out.later})
      std::ranges::stable_sort(*list, {}, [](const NamedDigest& digest) { return digest.name.time; });
    return out;
  }

  static std::string trail_of(const ParsedKey& name) { return fmt::format("{}_{}", name.place.trail_name, name.place.home.str()); }
  static std::string day_of(Time time) {
    const std::string iso = timestamps::iso8601(time);
    return fmt::format("{}/{}/{}/", iso.substr(0, 4), iso.substr(5, 2), iso.substr(8, 2));
  }

  // --- one region

  Result<void> verify_scope(const Scope& scope) {
    auto digests = list_digests(scope);
    if (!digests) return tl::unexpected(digests.error());
    if (!digests->in_range.empty()) {
      auto keys = keys_of_(scope.region);
      if (!keys) return tl::unexpected(keys.error());
      keys_ = std::move(*keys);
    }
    const std::string logs = log_file_prefix(scope.place, scope.region);
    Unreferenced files(Listing(objects_, request_.bucket, logs, request_.start ? logs + day_of(*request_.start) : ""), request_.start,
                       request_.end);
    progress_now_.region = scope.region;
    progress_now_.digests_all += digests->in_range.size();
    walks_.clear();

    for (size_t at = 0; at < digests->in_range.size(); at += kDigestsAtOnce) {
      for (ExaminedDigest& digest : examine(digests->in_range, at)) {
        Walk& walk = walk_of(digest.name);
        (digest.name.kind == ParsedKey::Kind::kDigest ? walk.periods : walk.backfill)->next(std::move(digest));
        ++progress_now_.digests;
      }
      check_files(files);
      if (const auto end = last_end()) {
        if (const auto listed = files.list_until(*end); !listed) return listed;
      }
    }
    find_witnesses(digests->later);
    for (auto& [trail, walk] : walks_) {
      walk.periods->end(walk.witness ? &*walk.witness : nullptr);
      walk.backfill->end(nullptr);
    }
    check_files(files);
    if (const auto listed = files.list_until(Time::max()); !listed) return listed;
    if (const auto judged = judge_unreferenced(scope, files, digests->later); !judged) return judged;
    for (auto& [trail, walk] : walks_) {
      if (!walk.asked) continue;
      if (walk.periods->is_all_unsigned()) {
        report_.add({Kind::kDigestSignature, request_.bucket, digest_prefix(scope.place, scope.region),
                     fmt::format("no digest of trail {} has a signature here: nothing of it is proven", walk.result.trail_name)});
      }
      judge_reach(walk.result);
      report_.chains.push_back(std::move(walk.result));
    }
    return {};
  }

  std::vector<ExaminedDigest> examine(std::vector<NamedDigest>& digests, size_t at) {
    std::vector<ExaminedDigest> examined(std::min(kDigestsAtOnce, digests.size() - at));
    crew_.each(examined.size(), [&](size_t i) {
      NamedDigest& digest = digests[at + i];
      examined[i] = examine_digest(objects_, keys_, request_.bucket, digest.key, digest.name);
    });
    return examined;
  }

  Walk& walk_of(const ParsedKey& name) {
    const auto [found, made] = walks_.try_emplace(trail_of(name));
    Walk& walk = found->second;
    if (made) {
      walk.asked = is_asked(name.place);
      walk.result = {.account = name.place.account, .region = name.region, .trail_name = name.place.trail_name, .home = name.place.home};
      VerifyReport& report = walk.asked ? report_ : ignored_;
      walk.periods = std::make_unique<Chain>(Chain::Of::kPeriods, request_.start, keys_, walk.result, report);
      walk.backfill = std::make_unique<Chain>(Chain::Of::kBackfill, request_.start, keys_, walk.result, report);
    }
    return walk;
  }

  void find_witnesses(const std::vector<NamedDigest>& later) {
    for (const NamedDigest& digest : later) {
      const auto walk = walks_.find(trail_of(digest.name));
      if (walk == walks_.end() || walk->second.witness || digest.name.kind != ParsedKey::Kind::kDigest) continue;
      walk->second.witness = examine_digest(objects_, keys_, request_.bucket, digest.key, digest.name);
    }
  }

  std::optional<Time> last_end() const {
    std::optional<Time> last;
    for (const auto& [trail, walk] : walks_) last = std::max(last, walk.periods->last_end());
    return last;
  }

  /// The log files that the digests settled so far name.
  void check_files(Unreferenced& listed) {
    for (auto& [trail, walk] : walks_) {
      for (Chain* chain : {walk.periods.get(), walk.backfill.get()}) {
        for (const std::string& key : chain->take_claimed()) listed.named(key);
        for (const Chain::Believed& digest : chain->take_believed()) {
          for (const DigestedFile& file : digest.files)
            if (file.bucket == request_.bucket) listed.named(file.key);
          if (walk.asked) check_files(digest, walk.result);
        }
      }
    }
    tell();
  }

  void check_files(const Chain::Believed& digest, VerifiedChain& result) {
    const std::vector<DigestedFile>& files = digest.files;
    for (size_t at = 0; at < files.size(); at += kFilesAtOnce) {
      std::vector<ExaminedFile> examined(std::min(kFilesAtOnce, files.size() - at));
      crew_.each(examined.size(), [&](size_t i) { examined[i] = examine_file(objects_, files[at + i]); });
      for (size_t i = 0; i < examined.size(); ++i) {
        ++result.files;
        ++progress_now_.files;
        report_.raw_bytes += examined[i].raw_bytes;
        if (examined[i].trouble) {
          report_.add(std::move(*examined[i].trouble));
        } else if (digest.is_proven) {
          ++result.files_valid;
          if (request_.proven && files[at + i].bucket == request_.bucket) request_.proven(files[at + i].key);
        }
      }
      tell();
    }
  }

  // --- what no digest names

  enum class Fate { kPending, kUncovered, kUnreferenced };
  Fate fate_of(Time name) const {
    // A name's seconds are cut off.
    const Time latest = name + std::chrono::minutes(1) + kLate;
    if (request_.now && name > *request_.now + kLate) return Fate::kUnreferenced;  // no clock is so wrong
    std::optional<Time> first;
    for (const auto& [trail, walk] : walks_) {
      const auto& gaps = walk.periods->gaps();  // in order of time
      const auto gap = std::ranges::upper_bound(gaps, name, {}, &Chain::Gap::to);
      if (gap != gaps.end() && latest > gap->from) return Fate::kUncovered;
      const auto start = walk.periods->first_start();
      if (start) first = first ? std::min(*first, *start) : *start;
    }
    if (!first || name < *first) return Fate::kUncovered;
    return latest > *last_end() ? Fate::kPending : Fate::kUnreferenced;
  }

  Result<void> judge_unreferenced(const Scope& scope, Unreferenced& files, std::vector<NamedDigest>& later) {
    if (walks_.empty()) {
      const std::string digests = digest_prefix(scope.place, scope.region);
      const auto any = objects_.list(request_.bucket, digests, "", 1);
      if (!any) return tl::unexpected(any.error());
      if (!any->empty()) report_.uncovered += files.waiting().size();
      else if (!files.waiting().empty())
        report_.add({Kind::kNoDigests, request_.bucket, log_file_prefix(scope.place, scope.region),
                     fmt::format("there are {} log files here and no digest: nothing proves them", files.waiting().size())});
      return {};
    }
    auto& waiting = files.waiting();
    std::erase_if(waiting, [&](const auto& file) {
      const Fate fate = file.second ? fate_of(*file.second) : Fate::kUnreferenced;
      if (fate == Fate::kPending) ++report_.pending;
      if (fate == Fate::kUncovered) ++report_.uncovered;
      return fate != Fate::kUnreferenced;
    });
    // A file may have come so late that a digest behind the range names it.
    VerifiedChain unused;
    std::map<std::string, Chain> chains;
    for (size_t at = 0; at < later.size() && !waiting.empty(); at += kDigestsAtOnce) {
      const bool last = at + kDigestsAtOnce >= later.size();
      for (ExaminedDigest& digest : examine(later, at)) {
        chains.try_emplace(trail_of(digest.name), Chain::Of::kBackfill, Time::max(), keys_, unused, ignored_)
            .first->second.next(std::move(digest));
      }
      for (auto& [trail, chain] : chains) {
        if (last) chain.end(nullptr);
        for (const Chain::Believed& digest : chain.take_believed()) {
          for (const DigestedFile& file : digest.files)
            if (file.bucket == request_.bucket) waiting.erase(file.key);
        }
      }
    }
    for (const auto& [key, time] : waiting)
      report_.add({Kind::kLogUnreferenced, request_.bucket, key,
                   time ? "no digest names this log file: it was put here by somebody else, or by a trail without validation"
                        : "this object lies among the log files, but its name is none of a log file"});
    for (uint64_t i = 0; i < files.overflow(); ++i) report_.add({Kind::kLogUnreferenced, request_.bucket, "", "one more than can be kept"});
    return {};
  }

  void judge_reach(const VerifiedChain& chain) {
    if (request_.reach != VerifyRequest::Reach::kEnd || !request_.end || chain.proven_until.value_or(Time::min()) >= *request_.end) return;
    report_.add({Kind::kNotReached, request_.bucket, "",
                 fmt::format("trail {} in {} is proven {}, not until {}", chain.trail_name, chain.region.str(),
                             chain.proven_until ? "until " + timestamps::iso8601(*chain.proven_until) : "at no time",
                             timestamps::iso8601(*request_.end))});
  }

  void tell() {
    progress_now_.raw_bytes = report_.raw_bytes;
    if (progress_) progress_(progress_now_);
  }

  const VerifyRequest& request_;
  Objects& objects_;
  const KeysOfRegion& keys_of_;
  PublicKeys keys_;  // of the region at hand
  const std::function<void(const VerifyProgress&)>& progress_;
  Crew crew_;
  VerifyReport report_;
  VerifyReport ignored_;  // of trails that were not asked for
  VerifyProgress progress_now_;
  std::map<std::string, Walk> walks_;
};

}  // namespace

std::string PublicKeys::fingerprint_of(std::string_view der) { return fingerprint(der); }

std::string_view name(Kind kind) {
  constexpr std::array<std::string_view, kKinds> kNames = {
      "digest-deleted",  "digest-changed",  "digest-damaged",     "digest-signature", "digest-key",   "digest-resigned",
      "digest-moved",    "digest-replayed", "digest-times",       "missing-time",     "chain-forked", "no-digests",
      "log-deleted",     "log-changed",     "log-damaged",        "log-unreferenced", "unreadable",   "not-reached",
      "chain-restarted", "end-unsigned",    "continued-elsewhere"};
  return kNames[static_cast<size_t>(kind)];
}

void VerifyReport::add(Finding finding) {
  ++counts[static_cast<size_t>(finding.kind)];
  if (findings.size() < kFindingsMax) findings.push_back(std::move(finding));
}

uint64_t VerifyReport::faults() const {
  uint64_t sum = 0;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    if (!is_notice(static_cast<Kind>(kind))) sum += counts[kind];
  }
  return sum;
}

Result<VerifyReport> verify(const VerifyRequest& request, Objects& objects, const KeysOfRegion& keys,
                            const std::function<void(const VerifyProgress&)>& progress) {
  return Verification(request, objects, keys, progress).run();
}

}  // namespace cairn::archive
