"""A calendar in which every hour of every day is worked."""

from engine.ground.calendars import DAY, Calendar

ALWAYS = Calendar("always", "UTC", (((0, DAY),),) * 7)
