#include "archive/chain.h"

#include <algorithm>

namespace cairn::archive {
namespace {

using Signature = ExaminedDigest::Signature;
using timestamps::iso8601;

Time end_of(const ExaminedDigest& digest) { return digest.trouble ? digest.name.time : digest.digest.end; }

bool same_chain(const ParsedKey& a, const ParsedKey& b) {
  return a.kind == b.kind && a.region == b.region && a.place.trail_name == b.place.trail_name && a.place.home == b.place.home &&
         a.place.account == b.place.account && a.place.prefix == b.place.prefix && a.place.organization == b.place.organization;
}

/// Where nothing lies between them, nothing is said.
std::string uncovered(Time from, Time to) { return to > from ? fmt::format("; nothing covers {} to {}", iso8601(from), iso8601(to)) : ""; }
std::string span(Time from, Time to) { return fmt::format("{} to {}", iso8601(from), iso8601(to)); }

}  // namespace

void Chain::add(Kind kind, const ExaminedDigest& about, std::string message) {
  report_.add({kind, about.bucket, about.key, std::move(message)});
}

void Chain::next(ExaminedDigest digest) {
  if (held_.empty()) begin(digest);
  else resolve(held_.back(), digest);
  if (held_.size() == 2) {
    settle(held_.front(), &held_.back(), Next::kInside);
    held_.pop_front();
  }
  held_.push_back(std::move(digest));
}

void Chain::end(const ExaminedDigest* witness) {
  if (!held_.empty() && witness) resolve(held_.back(), *witness);
  if (held_.size() == 2) {
    settle(held_.front(), &held_.back(), Next::kInside);
    held_.pop_front();
  }
  if (!held_.empty()) settle(held_.front(), witness, Next::kOutside);
  held_.clear();
}

/// Without metadata a digest's signature is to be had from the next one, whoever may have written that: it is a proof in itself.
void Chain::resolve(ExaminedDigest& digest, const ExaminedDigest& next) const {
  if (digest.signature != Signature::kNone || digest.trouble || next.trouble) return;
  const auto& previous = next.digest.previous;
  if (!previous || previous->key != digest.key || previous->bucket != digest.bucket) return;
  digest.signature_hex = previous->signature;
  digest.signature = check_signature(keys_, digest.digest, digest.sha256, digest.signature_hex);
}

/// Whether what it says of the one before it may be relied on. The newest of a copy without metadata has nobody to vouch for it; its
/// word is taken, and what it says is at most a false alarm.
bool Chain::trusted(const ExaminedDigest& digest) const {
  return !digest.trouble && !judge(digest) && (digest.signature == Signature::kGood || digest.signature == Signature::kNone);
}

void Chain::begin(const ExaminedDigest& first) {
  first_start_ = first.trouble ? first.name.time : first.digest.start;
  if (!trusted(first) || !first.digest.previous) return;
  const auto before = parse_key(first.digest.previous->key);
  if (before && range_start_ && before->time <= *range_start_) return;  // outside of what was asked for
  missing_before(first, std::nullopt);
}

/// `next` names a digest before it that was not listed.
void Chain::missing_before(const ExaminedDigest& next, std::optional<Time> from) {
  const Digest::Previous& previous = *next.digest.previous;
  const auto before = parse_key(previous.key);
  if (previous.bucket != next.bucket || (before && before->place.prefix != next.name.place.prefix)) {
    add(Kind::kContinuedElsewhere, next,
        fmt::format("the digests before {} are elsewhere: verify s3://{}/{}", iso8601(next.digest.start), previous.bucket,
                    before ? before->place.prefix : previous.key));
    return;
  }
  std::string words = "the digest has been deleted: the one after it names it";
  const auto period = next.digest.end - next.digest.start;
  if (from) {
    const auto gap = next.digest.start - *from;
    words += uncovered(*from, next.digest.start);
    if (of_ == Of::kPeriods && period.count() > 0 && gap > period + period / 2)
      words += fmt::format(" (about {} digests of {} are missing)", (gap + period / 2) / period, timestamps::format_duration(period));
  } else {
    words += fmt::format("; nothing covers the time before {}", iso8601(next.digest.start));
  }
  report_.add({Kind::kDigestDeleted, previous.bucket, previous.key, std::move(words)});
}

/// What can be said of a digest by itself.
std::optional<Finding> Chain::judge(const ExaminedDigest& digest) const {
  if (digest.trouble) return digest.trouble;
  const auto finding = [&](Kind kind, std::string message) { return Finding{kind, digest.bucket, digest.key, std::move(message)}; };
  const Digest& it = digest.digest;
  // A digest that was only moved keeps a signature that fits it; one that does not was changed, whatever place it names.
  const bool may_be_whole = digest.signature == Signature::kGood || digest.signature == Signature::kNone;
  if (may_be_whole && (it.bucket != digest.bucket || it.key != digest.key)) {
    const auto original = parse_key(it.key);
    if (original && same_chain(*original, digest.name) && it.bucket == digest.bucket)
      return finding(Kind::kDigestReplayed, fmt::format("this is a copy of the digest {} in place of the one that was here", it.key));
    return finding(Kind::kDigestMoved, fmt::format("the digest has been moved: it was delivered as s3://{}/{}", it.bucket, it.key));
  }
  switch (digest.signature) {
    case Signature::kUnknownKey:
      return finding(Kind::kDigestKey, fmt::format("the digest is signed by a key that is not known: {}", it.fingerprint));
    case Signature::kMissing:
      return finding(Kind::kDigestSignature, "the digest's signature, or what belongs to it, is missing from the object's metadata");
    case Signature::kWrong:
      return finding(Kind::kDigestSignature, "the digest has been changed, or its signature: they do not belong together");
    default:
      break;
  }
  if (it.end != digest.name.time || it.start > it.end)
    return finding(Kind::kDigestTimes,
                   fmt::format("the digest says {}, its name says {}", span(it.start, it.end), iso8601(digest.name.time)));
  return std::nullopt;
}

void Chain::settle(ExaminedDigest& digest, const ExaminedDigest* next, Next where) {
  const bool word_of_next = next && trusted(*next);
  const bool linked =
      word_of_next && next->digest.previous && next->digest.previous->bucket == digest.bucket && next->digest.previous->key == digest.key;
  auto finding = judge(digest);
  const bool content_proven = linked && next->digest.previous->sha256 == digest.sha256;
  if (linked && !digest.sha256.empty() && !content_proven) {
    // Told apart by whether somebody with a key was at it.
    if (digest.signature == Signature::kGood && !finding)
      finding = Finding{Kind::kDigestResigned, digest.bucket, digest.key,
                        "the digest has been replaced by another with a good signature: it is not the one that the next digest names"};
    else if (finding && finding->kind == Kind::kDigestSignature)
      finding = Finding{Kind::kDigestChanged, digest.bucket, digest.key,
                        fmt::format("the digest has been changed: its SHA-256 is {}, the next digest says {}", digest.sha256,
                                    next->digest.previous->sha256)};
  } else if (content_proven && finding && finding->kind == Kind::kDigestSignature) {
    finding->message += "; its content is as the next digest says";
  } else if (content_proven && !finding && next->digest.previous->signature != digest.signature_hex) {
    finding = Finding{Kind::kDigestResigned, digest.bucket, digest.key,
                      "the digest has been signed again: its signature is not the one that the next digest names"};
  }

  ++result_.digests;
  ++settled_;
  last_end_ = std::max(last_end_.value_or(Time::min()), end_of(digest));
  if (finding) report_.add(*finding);
  const bool unsigned_end = !finding && digest.signature == Signature::kNone;
  if (unsigned_end) {
    // That a chain ends here is believed only of the newest digest, or on a word that is signed: anybody can write an unsigned one.
    const bool is_end = !next || (word_of_next && !next->digest.previous && next->signature == Signature::kGood);
    ++unsigned_;
    add(is_end ? Kind::kEndUnsigned : Kind::kDigestSignature, digest,
        is_end ? "the signature of a chain's last digest is not in this copy, so that it proves nothing; `cairn verify --save` keeps it"
               : "the digest's signature is not in this copy, and the next digest does not name it");
  }
  if (!finding && !unsigned_end) {
    ++result_.digests_valid;
    result_.proven_from = std::min(result_.proven_from.value_or(Time::max()), digest.digest.start);
    result_.proven_until = std::max(result_.proven_until.value_or(Time::min()), digest.digest.end);
    result_.period = digest.digest.end - digest.digest.start;
  }
  if (where == Next::kOutside) {
    // What lies between them was not asked for.
  } else if (word_of_next) {
    judge_link(digest, *next, finding.has_value());
  } else if (next) {
    gaps_.push_back({end_of(digest), next->name.time});
  }
  if (digest.trouble) return;
  if (!finding || content_proven || unsigned_end) {
    believed_.push_back({std::move(digest.digest.files), !unsigned_end});
  } else {
    for (DigestedFile& file : digest.digest.files)
      if (file.bucket == digest.bucket) claimed_.push_back(std::move(file.key));
  }
}

/// How `next`, whose word is good, follows on `digest`.
void Chain::judge_link(const ExaminedDigest& digest, const ExaminedDigest& next, bool has_trouble) {
  const Time end = end_of(digest), start = next.digest.start;
  const auto& previous = next.digest.previous;
  if (of_ == Of::kBackfill) {
    if (previous && previous->key != digest.key) missing_before(next, std::nullopt);
    return;
  }
  if (start > end) gaps_.push_back({end, start});
  if (!previous) {
    add(Kind::kChainRestarted, next, "the chain begins anew, as when logging or validation was off for a while" + uncovered(end, start));
  } else if (previous->key == digest.key && previous->bucket == digest.bucket) {
    if (start > end && !has_trouble)
      add(Kind::kMissingTime, next, fmt::format("no digest covers {}, although this one follows on the one before", span(end, start)));
  } else {
    const auto before = parse_key(previous->key);
    if (previous->bucket == digest.bucket && before && before->time >= next.name.time) {
      add(Kind::kDigestTimes, next, fmt::format("the digest names one of a later time as the one before it: {}", previous->key));
      return;
    }
    if (previous->bucket == digest.bucket && before && before->time <= digest.name.time) {
      add(Kind::kChainForked, digest, fmt::format("the digest is not part of the chain: the one after it follows on {}", previous->key));
      return;
    }
    missing_before(next, end);
    return;
  }
  if (start < end && !has_trouble)
    add(Kind::kDigestTimes, next,
        fmt::format("times go backwards: the digest begins at {}, the one before it ends at {}", iso8601(start), iso8601(end)));
}

}  // namespace cairn::archive
