"""The ground floor: time, calendars, money, errors. Pure; imports nothing from the rooms above."""
