import { commandOf } from "../js/keys.js";
import { equal, test } from "./check.js";

const cases = [
  [{ key: "j" }, { isTyping: false, isInList: true }, "next"],
  [{ key: "j" }, { isTyping: true, isInList: false }, null],
  [{ key: "Escape" }, { isTyping: true, isInList: false }, "back"],
  [{ key: "Enter" }, { isTyping: false, isInList: false }, null],
  [{ key: "Enter" }, { isTyping: false, isInList: true }, "open"],
  [{ key: "p", ctrlKey: true }, { isTyping: false, isInList: true }, null],
  [{ key: "/" }, { isTyping: false, isInList: false }, "filter"],
];
for (const [press, where, command] of cases) {
  test(`${press.key} ${JSON.stringify(where)} is ${command}`, () => equal(commandOf(press, where), command));
}
