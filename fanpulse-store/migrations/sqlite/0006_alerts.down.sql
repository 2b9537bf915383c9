drop table alerts;
drop table fired_alerts;
drop table alert_rules;
