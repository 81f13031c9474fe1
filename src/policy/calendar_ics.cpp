#include "policy/calendar_ics.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernel/time/zone.h"

namespace sj::policy {

namespace {

constexpr std::int64_t kRunMax = 120;  // days; longer than a summer

// "20261012"
std::string compact(LocalDay day) {
  std::string text = day.to_iso();
  text.erase(7, 1);
  text.erase(4, 1);
  return text;
}

// "20261012T001500Z"
std::string stamp_of(Instant instant) {
  constexpr std::int64_t kHours = 8;
  constexpr std::int64_t kHourMs = 3'600'000;
  const Instant utc(instant.utc_ms() - kHours * kHourMs);
  const std::string iso = to_iso(utc);  // as if it were told in +08:00
  return compact(day_of(utc)) + "T" + iso.substr(11, 2) + iso.substr(14, 2) + iso.substr(17, 2) +
         "Z";
}

// What stands in the calendar of a run of days.
struct Run {
  std::string uid;  // what, and its first day
  std::string summary;
  LocalDay from = LocalDay::first();
  LocalDay to = LocalDay::first();
  bool provisional = false;
};

// What a day says of itself; empty: an ordinary one.
std::string summary_of(const CalendarDay& day) {
  const bool is_makeup = day.national != nullptr && day.national->kind == NationalKind::makeup;
  std::string text = day.name;
  switch (day.kind) {
    case DayKind::holiday:
      return text.empty() ? "放假" : text + "（放假）";
    case DayKind::vacation:
      return text.empty() ? "假期" : text;
    case DayKind::weekend:
      return text;
    case DayKind::school_day:
      break;
  }
  if (day.ends_min) text += "（" + clock_of(*day.ends_min) + "放学）";
  if (day.follows) {
    constexpr std::string_view kWeekdays[] = {"一", "二", "三", "四", "五", "六", "日"};
    text += "（上周";
    text += kWeekdays[static_cast<std::size_t>(*day.follows) - 1];
    text += "的课）";
  } else if (is_makeup) {
    text += "（上课）";
  }
  return text;
}

std::vector<Run> runs_of(const Calendar& calendar, Days range) {
  std::vector<Run> runs;
  // What begins before the range or ends after it keeps its days, and with them its UID.
  const LocalDay last = range.to.plus_days(kRunMax);
  for (LocalDay day = range.from.plus_days(-kRunMax); day <= last; day = day.plus_days(1)) {
    const CalendarDay one = calendar.on(day);
    const std::string summary = summary_of(one);
    if (summary.empty()) continue;
    const bool goes_on = !runs.empty() && runs.back().summary == summary &&
                         runs.back().to.plus_days(1) == day &&
                         runs.back().provisional == one.provisional;
    if (goes_on) {
      runs.back().to = day;
    } else {
      runs.push_back({std::string(name_of(one.kind)) + "-" + compact(day), summary, day, day,
                      one.provisional});
    }
  }
  runs.erase(
      std::remove_if(runs.begin(), runs.end(),
                     [&](const Run& run) { return run.to < range.from || run.from > range.to; }),
      runs.end());
  for (const Term& term : calendar.terms()) {
    const auto add = [&](LocalDay day, std::string uid, const std::string& said) {
      if (day < range.from || day > range.to) return;
      uid.append("-").append(std::to_string(term.school_year));
      uid.append("-").append(std::to_string(term.part));
      runs.push_back({std::move(uid), said, day, day, calendar.national().is_provisional(day)});
    };
    add(term.first_day, "term-begins", term.part == 1 ? "秋季学期开学" : "春季学期开学");
    add(term.last_day, "term-ends", term.part == 1 ? "秋季学期最后一天" : "春季学期最后一天");
  }
  return runs;
}

}  // namespace

std::string ics_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ';' || c == ',') out += '\\';
    if (c == '\r') continue;
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string ics_line(std::string_view text) {
  constexpr std::size_t kOctetsMax = 75;
  std::string out;
  std::size_t octets = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    // Octets 10xxxxxx go on with a character.
    while (at + length < text.size() &&
           (static_cast<unsigned char>(text[at + length]) & 0xC0U) == 0x80U) {
      ++length;
    }
    if (octets + length > kOctetsMax) {
      out += "\r\n ";
      octets = 1;
    }
    out += text.substr(at, length);
    octets += length;
    at += length;
  }
  return out + "\r\n";
}

std::string ics_of(const Calendar& calendar, Days range, const IcsHead& head) {
  std::string out = ics_line("BEGIN:VCALENDAR") + ics_line("VERSION:2.0") +
                    ics_line("PRODID:-//shuangjian//calendar//ZH") +
                    ics_line("CALSCALE:GREGORIAN") + ics_line("METHOD:PUBLISH") +
                    ics_line("X-WR-CALNAME:" + ics_text(head.name)) +
                    ics_line("X-WR-TIMEZONE:Asia/Shanghai");
  const std::string stamp = stamp_of(head.stamp);
  for (const Run& run : runs_of(calendar, range)) {
    out += ics_line("BEGIN:VEVENT");
    out += ics_line("UID:" + run.uid + "-" + head.key + "@shuangjian");
    out += ics_line("DTSTAMP:" + stamp);
    out += ics_line("DTSTART;VALUE=DATE:" + compact(run.from));
    out += ics_line("DTEND;VALUE=DATE:" + compact(run.to.plus_days(1)));
    out += ics_line("SUMMARY:" + ics_text(run.summary));
    if (run.provisional) {
      out += ics_line("STATUS:TENTATIVE");
      out += ics_line("DESCRIPTION:" + ics_text("国家尚未公布该年放假安排，仅供参考。"));
    } else {
      out += ics_line("STATUS:CONFIRMED");
    }
    out += ics_line("TRANSP:TRANSPARENT");
    out += ics_line("END:VEVENT");
  }
  return out + ics_line("END:VCALENDAR");
}

}  // namespace sj::policy
