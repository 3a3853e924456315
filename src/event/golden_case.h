#pragma once
#include <optional>
#include <string>
#include <vector>

#include "event/build.h"
#include "event/facts.h"

/// The carried records of real AWS (test/fixtures/record_golden.ndjson) as calls that can be recorded again. For tests only.
namespace cairn::event::testing {

/// One record and the call it came from.
struct GoldenCase {
  size_t line = 0;                       // of the fixture, from 1
  std::string service, operation, tier;  // model key; tier: how the record was come by (delivered, recorded, docs ...)
  Json input, record;
};

std::vector<GoldenCase> golden_cases();

/// The call of a case as the pipeline would gather it: what a client sends, what a handler answers (with every secret the model
/// knows of), what the server knows. Owns what `facts` points to.
class GoldenCall {
 public:
  explicit GoldenCall(const GoldenCase& golden);
  const Facts& facts() const { return facts_; }

 private:
  void as_modelled(const GoldenCase& golden);
  void as_http(const GoldenCase& golden);

  Json input_, output_;
  HttpFacts http_;
  Facts facts_;
};

/// Java's medium date-time in any of its three forms; nullopt: no such text.
std::optional<Time> parse_java_medium(std::string_view text);

constexpr std::string_view kSecret = "this-must-never-be-recorded";

}  // namespace cairn::event::testing
