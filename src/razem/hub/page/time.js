/**
 * Times for people, in their own time zone and language.
 *
 * @module
 */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayAndYear = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** @param {number} time milliseconds since 1970 */
export function clockTime(time) {
  return clock.format(time);
}

/** @param {number} time milliseconds since 1970 */
export function wholeTime(time) {
  return whole.format(time);
}

/**
 * @param {number} time milliseconds since 1970
 * @param {number} now the same
 */
export function dayName(time, now) {
  const then = new Date(time);
  const today = new Date(now);
  if (sameDay(time, now)) return "Today";
  if (sameDay(time, now - 86_400_000)) return "Yesterday";
  return (then.getFullYear() === today.getFullYear() ? day : dayAndYear).format(time);
}

/**
 * @param {number} one
 * @param {number} other
 */
export function sameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}
