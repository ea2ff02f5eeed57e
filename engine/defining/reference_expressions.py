"""The chapter on expressions of the language reference: a test holds it to what the language has."""

EXPRESSIONS = """\
## What an expression can see

Conditions (`when`), the values of `set` and what stands in the holes of notice texts are written in one language: names, texts in
quotes, numbers, lists, `==` `!=` `<` `<=` `>` `>=` `in` `not in`, `and` `or` `not`, `+` `-` `*` `/` `//` `%`, `a if b else c`, filters
and the functions below. There is nothing else in it, and nothing in it can run long.

**Fields** by name. A party has `.name`, `.email`, `.phone`, `.address`, `.language` and
`.may_be_asked` (no longer, once they said so: [surveys](surveys.md)), the customer also `.class` (the [class](classes.md) that counts
in the case), a file `.name` and `.size`.

**Values** with a name, as written under `values`: after `values: {standard_payment: 40 GBP, soon: 3 working days, most: 3}` the condition
`amount <= standard_payment * 2` holds up to 80.00 GBP, and a text prints `{{ standard_payment }}`. What each is shows by how it is written:
a number, an amount, a duration, else text. A number may also stand in a limit: `within: most working days`.

**Words**: `number` `procedure` `state` `state_title` `owner` `owner_name` `actor` `actor_name` `opened_at` `today` `contact` `comment` and
`customer`; in a ladder and the texts that it sends also `clock_title` `due_at` `overdue` `rung` `reminders`.

| function | what it says |
|---|---|
| `done('x')`, `count('x')` | whether, and how often, action `x` was taken or task `x` done |
| `time_of('x')`, `actor_of('x')` | when, and by whom, the last time; empty when never |
| `approved('x')` | whether `x`, which decides something, was taken last, not taken back since, and no field that it covers has changed |
| `met('c')`, `breached('c')`, `running('c')` | how clock `c` stands; a breach that was withdrawn is none |
| `due('c')`, `used('c')` | when clock `c` is due, and the time that it has consumed; empty when it never ran |
| `worked_days(a, b)` | working days of the procedure's calendar after `a` up to and including `b`; negative when `b` comes first |
| `others(f).count` | how many other cases of this procedure have the value that this case has in field `f` |
| `others(f).sum('x')` | the exact sum of what those cases hold in the number or money field `x` |

**Filters**: `min` `max` `sum` of a list, `round` (half up; `round(2)` to two decimals), `length`, `default(x)` for what is empty.

- `not f` holds when `f` is empty or no; a number is filled even when it is 0. A comparison with something empty is false, what is computed
  with something empty is empty.
- Numbers and money are exact. Amounts in two currencies are not put together. `set` rounds money half up to its minor unit.
- What is given with an action counts before what the case holds.
- Times and days are those of the procedure's calendar. The midnight that ends a day belongs to that day: `due('total') == '2026-11-20'`.

### Working days

`worked_days(opened_at, due('reply'))` is 5 for a clock of `5 working days` from the opening: days are counted from the day after `a`,
and what arrives after closing counts as the calendar's `after_closing` says. Beyond what the calendar knows the answer is empty,
never a guess.

### Other cases

`others(account, kind='late', since='28 days').count >= 2` asks for the cases of the same procedure, whatever their version, that share
this case's `account`, whose `kind` is `late`, and that were opened in the last 28 days. This case is none of them, nor is one without
an `account`.

- `since` goes back from now: days, weeks, months and years to the beginning of a date, hours and minutes exactly. `since='04-01'` goes
  back to the last 1 April (today's, when it is 1 April): a cap for the financial year reads
  `others(account, paid=true, since='04-01').sum('amount') + amount <= 500`.
- Other fields are compared exactly, with a plain value or with an expression over this case; something empty is equal to nothing.
- `f` may be the customer: the cases of the same party. Other personal fields cannot be asked for, since their values must not lie where
  others could find them; neither can files and lists.
- What other cases hold counts as it is now, in cases opened up to the moment that is judged.
- A clock reads its own case only: not in `when`, `while` and `within`. An action of the scheduler whose condition asks for
  others is looked at when something happens to its own case.
- A sum costs as much as there are such cases; everything else about the procedure costs nothing more. The values are kept apart for the
  fields that some version asks for; publishing a version that asks for a new field fills them in from every case of the procedure.
- Of two cases that act at once the second sees what the first did, and a cap holds. On PostgreSQL a case that changes at the very moment
  at which a version that asks for a new field is being published may be missed; `makegood audit verify` finds that.
"""
