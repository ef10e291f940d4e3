<?php
// Settings of a WordPress for tests: told by the file beside the root, and no word to any other host.
$told = json_decode(file_get_contents(dirname(__DIR__) . '/site.json'), true);
define('DB_NAME', 'wordpress');
define('DB_USER', 'wordpress');
define('DB_PASSWORD', $told['password']);
define('DB_HOST', '127.0.0.1:' . $told['database']);
define('DB_CHARSET', 'utf8mb4');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define($name . '_KEY', hash('sha256', $told['salt'] . $name));
    define($name . '_SALT', hash('sha256', $name . $told['salt']));
}
define('WP_HOME', $told['url']);
define('WP_SITEURL', $told['url']);
define('WP_ENVIRONMENT_TYPE', 'local'); // application passwords without TLS
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
