#include "api/protocols/wire_test.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Protocol;

Json read(std::string_view operation, std::string_view hex) {
  return decode_test(Protocol::kCbor, "monitoring", operation, {.body = text::from_hex(hex).value()});
}

std::string hex_of(std::string_view text) { return text::hex(text); }

// PutMetricData {Namespace, MetricData: [{MetricName, Timestamp, Value}]}, around the bytes of one value.
Json put_value(std::string_view value_hex) {
  return read("PutMetricData",
              "a2"
              "69" +
                  hex_of("Namespace") + "61" + hex_of("n") + "6a" + hex_of("MetricData") +
                  "81"
                  "a2"
                  "6a" +
                  hex_of("MetricName") + "61" + hex_of("m") + "65" + hex_of("Value") + std::string(value_hex));
}

// Encodings of numbers: RFC 8949, appendix A.
TEST(Cbor, ReadsNumbersOfEveryWidth) {
  const auto number = [](std::string_view hex) { return put_value(hex)["MetricData"][0]["Value"].get<double>(); };
  EXPECT_EQ(number("17"), 23);
  EXPECT_EQ(number("1818"), 24);
  EXPECT_EQ(number("1903e8"), 1000);
  EXPECT_EQ(number("1a000f4240"), 1000000);
  EXPECT_EQ(number("1b000000e8d4a51000"), 1000000000000);
  EXPECT_EQ(number("3903e7"), -1000);
  EXPECT_EQ(number("f93e00"), 1.5);
  EXPECT_EQ(number("f90400"), 0.00006103515625);
  EXPECT_EQ(number("f90001"), 5.960464477539063e-8);
  EXPECT_EQ(number("fa47c35000"), 100000.0);
  EXPECT_EQ(number("fbc010666666666666"), -4.1);
}

TEST(Cbor, ReadsIndefiniteLengthsAndTimestamps) {
  // {_ "Namespace": (_ "a", "b"), "MetricData": [_ {"MetricName": "m", "Timestamp": 1(1767322800)}]}
  EXPECT_EQ(read("PutMetricData", "bf69" + hex_of("Namespace") +
                                      "7f61"
                                      "61"
                                      "61"
                                      "62"
                                      "ff"
                                      "6a" +
                                      hex_of("MetricData") +
                                      "9f"
                                      "a2"
                                      "6a" +
                                      hex_of("MetricName") +
                                      "616d"
                                      "69" +
                                      hex_of("Timestamp") +
                                      "c11a695734b0"
                                      "ff"
                                      "ff")
                .dump(),
            R"({"Namespace":"ab","MetricData":[{"MetricName":"m","Timestamp":"2026-01-02T03:00:00.000Z"}]})");
}

TEST(Cbor, RefusesWhatIsBroken) {
  for (std::string_view hex :
       {"", "ff", "a1", "a161", "a16161", "9b7fffffffffffffff", "5f61616161ff", "a1f6f6", "1c", "f0", "0000", "f97c00", "f97e00"})
    EXPECT_EQ(error_of([&] { read("PutMetricData", hex); }), "SerializationException: ") << hex;
  EXPECT_EQ(error_of([&] { put_value("fb7ff0000000000000"); }), "SerializationException: ");
  std::string deep(10'000, '\x81');
  EXPECT_EQ(error_of([&] { decode_test(Protocol::kCbor, "monitoring", "PutMetricData", {.body = deep}); }), "SerializationException: ");
  EXPECT_EQ(error_of([&] { put_value("6161"); }), "SerializationException: STRING_VALUE can not be converted to a Double");
}

TEST(Cbor, WritesAnswers) {
  const WireResponse response = encode(Protocol::kCbor, *aws::service_model("monitoring"), model_of("monitoring", "GetMetricStatistics"),
                                       {{"Label", "l"}, {"Datapoints", {{{"Timestamp", "2026-01-02T03:00:00Z"}, {"Sum", 1.5}}}}}, "r");
  EXPECT_EQ(header_of(response, "smithy-protocol"), "rpc-v2-cbor");
  EXPECT_EQ(header_of(response, "Content-Type"), "application/cbor");
  EXPECT_EQ(text::hex(response.body),
            "a2"
            "65" +
                hex_of("Label") +
                "616c"
                "6a" +
                hex_of("Datapoints") +
                "81"
                "a2"
                "69" +
                hex_of("Timestamp") +
                "c11a695734b0"
                "63" +
                hex_of("Sum") + "fb3ff8000000000000");
}

TEST(Cbor, WritesErrors) {
  const WireResponse response =
      encode_error(Protocol::kCbor, *aws::service_model("monitoring"), nullptr, aws::Error({.code = "ResourceNotFound"}, "m"), "r", "", "");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(text::hex(response.body),
            "a2"
            "66" +
                hex_of("__type") + "70" + hex_of("ResourceNotFound") + "67" + hex_of("message") + "616d");
}

}  // namespace
}  // namespace cairn::api
