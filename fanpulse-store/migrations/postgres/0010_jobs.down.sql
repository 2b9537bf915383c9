drop table job_fires;
drop table job_schedules;
drop table job_queues;
drop table jobs;
